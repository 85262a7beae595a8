// SPDX-License-Identifier: MIT
// `maixjs logs`: what the running or the last script of a board has printed; or of this PC.

import { runNativeCommand } from "../core/remote.ts";
import { defineCommand, deviceHelp, deviceOptions, parse, refuseExtra } from "./command.ts";

const name = "logs";

export default defineCommand({
    name,
    summary: "show what the last script has printed",
    help: `Usage: maixjs logs [--device <ssh> | --local] [-f]

Shows the output of the script that runs, or ran last: started by \`run\` or \`dev\`, or as an app.

${deviceHelp}
  --local          this PC, also where a board is set
  -f, --follow     go on until it ends

Example:
  maixjs logs --device root@maixcam-1234.local -f
`,
    async run(argv) {
        const options = { ...deviceOptions, follow: { type: "boolean", short: "f" } } as const;
        const { values, positionals } = parse(name, argv, options);
        refuseExtra(name, positionals);
        return runNativeCommand(values, ["logs", ...(values.follow ? ["-f"] : [])]);
    },
});

// SPDX-License-Identifier: MIT
// `maixjs stop`: ends what `run`, `dev` or the launcher started on a board, and nothing else.

import { runNativeCommand } from "../core/remote.ts";
import { defineCommand, deviceHelp, deviceOptions, parse, refuseExtra } from "./command.ts";

const name = "stop";

export default defineCommand({
    name,
    summary: "stop the scripts that run",
    help: `Usage: maixjs stop [--device <ssh> | --local]

Stops what \`run\`, \`dev\` or the board's launcher started, and waits for its end: recordings are
finalised.

${deviceHelp}
  --local          this PC, also where a board is set

Example:
  maixjs stop --device root@maixcam-1234.local
`,
    async run(argv) {
        const { values, positionals } = parse(name, argv, deviceOptions);
        refuseExtra(name, positionals);
        return runNativeCommand(values, ["stop"]);
    },
});

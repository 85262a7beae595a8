// SPDX-License-Identifier: MIT
// `maixjs devices`: the microphones and speakers of a board, or of this PC.

import { runNativeCommand } from "../core/remote.ts";
import { defineCommand, deviceHelp, deviceOptions, parse, refuseExtra } from "./command.ts";

const name = "devices";

export default defineCommand({
    name,
    summary: "list microphones and speakers",
    help: `Usage: maixjs devices [--device <ssh> | --local] [--json]

Lists the microphones and speakers of a board, or of this PC: names, formats, rates, channels,
mixer controls.

${deviceHelp}
  --local          this PC, also where a board is set
  --json           the same for programs

Example:
  maixjs devices --device root@maixcam-1234.local
`,
    async run(argv) {
        const options = { ...deviceOptions, json: { type: "boolean" } } as const;
        const { values, positionals } = parse(name, argv, options);
        refuseExtra(name, positionals);
        return runNativeCommand(values, ["devices", ...(values.json ? ["--json"] : [])]);
    },
});

// SPDX-License-Identifier: MIT
// `maixjs devices`: the microphones and speakers of a board, or of this PC.

import { inspectBoard } from "../core/board.ts";
import { chooseDevice, loadConfig } from "../core/config.ts";
import { runNative } from "../core/native.js";
import { Device } from "../core/ssh.ts";
import { defineCommand, deviceHelp, deviceOptions, parse } from "./command.ts";

const name = "devices";

export default defineCommand({
    name,
    summary: "list microphones and speakers",
    help: `usage: maixjs devices [--device <ssh>] [--json]

Lists the microphones and speakers of a board, or of this PC: names, formats, rates, channels,
mixer controls.

${deviceHelp}
  --local          this PC, also where a board is set
  --json           the same for programs

Example:
  maixjs devices --device root@maixcam-1234.local
`,
    async run(argv) {
        const { values } = parse(name, argv, { ...deviceOptions, json: { type: "boolean" } });
        const { config } = await loadConfig();
        const target = chooseDevice(values, config);
        const args = ["devices", ...(values.json ? ["--json"] : [])];
        if (target === null) return runNative(args);
        const device = await Device.connect(target);
        try {
            const { executable } = await inspectBoard(device, config.executable);
            const { status, stdout, stderr } = await device.exec([executable, ...args]);
            process.stdout.write(stdout);
            process.stderr.write(stderr);
            return status;
        } finally {
            await device.close();
        }
    },
});

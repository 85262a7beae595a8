// SPDX-License-Identifier: MIT
// `maixjs uninstall`: takes an app from a board.

import { checkRemovable, uninstallApp } from "../core/apps.ts";
import { loadConfig, requireDevice } from "../core/config.ts";
import { STATUS, usageError } from "../core/errors.ts";
import { say } from "../core/progress.ts";
import { Device } from "../core/ssh.ts";
import { defineCommand, deviceHelp, deviceOptions, parse } from "./command.ts";

export default defineCommand({
    name: "uninstall",
    summary: "take an app from a board",
    help: `Usage: maixjs uninstall <id> [--device <ssh>]

Removes the app with all that it has stored in its folder.

${deviceHelp}

Example:
  maixjs uninstall my_app --device root@maixcam-1234.local
`,
    async run(argv) {
        const { positionals, values } = parse("uninstall", argv, deviceOptions);
        const [id] = positionals;
        if (id === undefined) throw usageError("which app?", "uninstall");
        if (positionals.length > 1) throw usageError("more than one app", "uninstall");
        checkRemovable(id);
        const { config } = await loadConfig();
        const device = await Device.connect(requireDevice(values, config));
        try {
            for (const note of await uninstallApp(device, id)) say(note);
            process.stdout.write(`removed ${id}\n`);
        } finally {
            await device.close();
        }
        return STATUS.done;
    },
});

// SPDX-License-Identifier: MIT
// `maixjs autostart`: which app a board starts at boot.

import { checkAppId, listApps, setAutostart } from "../core/apps.ts";
import { loadConfig, requireDevice } from "../core/config.ts";
import { STATUS, usageError } from "../core/errors.ts";
import { harmless } from "../core/progress.ts";
import { Device } from "../core/ssh.ts";
import { defineCommand, deviceHelp, deviceOptions, parse } from "./command.ts";

export default defineCommand({
    name: "autostart",
    summary: "start an app when the board starts",
    help: `Usage: maixjs autostart [<id>|off] [--device <ssh>]

The app of that id starts at boot; \`off\`: none does. Without either, says which one it is.

${deviceHelp}

Example:
  maixjs autostart my_app --device root@maixcam-1234.local
`,
    async run(argv) {
        const { positionals, values } = parse("autostart", argv, deviceOptions);
        if (positionals.length > 1) throw usageError("more than one app", "autostart");
        const [id] = positionals;
        if (id !== undefined) checkAppId(id);
        const { config } = await loadConfig();
        const device = await Device.connect(requireDevice(values, config));
        try {
            if (id !== undefined) await setAutostart(device, id === "off" ? null : id);
            const now = id === undefined ? (await listApps(device)).autostart : id;
            const isOff = now === "" || now === "off";
            process.stdout.write(
                isOff ? "no app starts at boot\n" : `${harmless(now)} starts at boot\n`,
            );
        } finally {
            await device.close();
        }
        return STATUS.done;
    },
});

// SPDX-License-Identifier: MIT
// `maixjs apps`: what is installed on a board.

import { listApps } from "../core/apps.ts";
import { loadConfig, requireDevice } from "../core/config.ts";
import { STATUS, usageError } from "../core/errors.ts";
import { harmless, say } from "../core/progress.ts";
import { Device } from "../core/ssh.ts";
import { defineCommand, deviceHelp, deviceOptions, parse } from "./command.ts";

export default defineCommand({
    name: "apps",
    summary: "list a board's apps",
    help: `Usage: maixjs apps [--device <ssh>]

Lists the installed apps, one a line: id, version, name, and whether it starts at boot.

${deviceHelp}

Example:
  maixjs apps --device root@maixcam-1234.local
`,
    async run(argv) {
        const { positionals, values } = parse("apps", argv, deviceOptions);
        if (positionals.length > 0) throw usageError(`what is ${positionals[0]}?`, "apps");
        const { config } = await loadConfig();
        const device = await Device.connect(requireDevice(values, config));
        try {
            const { apps, others } = await listApps(device);
            const ids = Math.max(0, ...apps.map(({ id }) => id.length));
            const versions = Math.max(0, ...apps.map(({ version }) => version.length));
            for (const { id, version, name, startsAtBoot } of apps) {
                const boot = startsAtBoot ? "  (starts at boot)" : "";
                process.stdout.write(
                    `${id.padEnd(ids)}  ${version.padEnd(versions)}  ${harmless(name)}${boot}\n`,
                );
            }
            if (apps.length === 0) say("no app is installed");
            for (const folder of others) say(`${folder} is no app: its app.yaml is missing or bad`);
        } finally {
            await device.close();
        }
        return STATUS.done;
    },
});

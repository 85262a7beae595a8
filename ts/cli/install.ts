// SPDX-License-Identifier: MIT
// `maixjs install`: an app onto a board, where its launcher shows it.

import { openAppZip, readAppZip } from "../core/app_zip.ts";
import { installApp } from "../core/apps.ts";
import { loadConfig, requireDevice } from "../core/config.ts";
import { STATUS, usageError } from "../core/errors.ts";
import { packApp, writePackage } from "../core/package.ts";
import { say } from "../core/progress.ts";
import { Device } from "../core/ssh.ts";
import { defineCommand, deviceHelp, deviceOptions, parse } from "./command.ts";

async function packHere() {
    const made = await packApp(process.cwd());
    process.stderr.write(made.messages);
    await writePackage(made, process.cwd());
    return openAppZip(made.zip, made.name);
}

export default defineCommand({
    name: "install",
    summary: "put an app onto a board",
    help: `Usage: maixjs install [zip] [--device <ssh>]

Installs an app's zip, or, without one, first makes that of this project (\`maixjs package\`). With
the board's own app_store_cli where it has one, else into /maixapp/apps/<id>. In the latter case a
failed update leaves the old version, and files that the app has made stay. Zips of other makers are
checked before anything is sent.

${deviceHelp}

Example:
  maixjs install --device root@maixcam-1234.local
`,
    async run(argv) {
        const { positionals, values } = parse("install", argv, deviceOptions);
        if (positionals.length > 1) throw usageError("more than one zip", "install");
        const { config } = await loadConfig();
        const target = requireDevice(values, config);
        const [path] = positionals;
        const app = path === undefined ? await packHere() : await readAppZip(path);
        const device = await Device.connect(target);
        try {
            const { wasUpdate, byStore, notes } = await installApp(device, app);
            for (const note of notes) say(note);
            const { id, version } = app.identity;
            const how = byStore ? " by app_store_cli" : "";
            process.stdout.write(
                `${wasUpdate ? "updated" : "installed"} ${id} ${version}${how}; ` +
                    "the launcher shows it when it starts next\n",
            );
        } finally {
            await device.close();
        }
        return STATUS.done;
    },
});

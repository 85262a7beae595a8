// SPDX-License-Identifier: MIT
// `maixjs dev`: a script that is started anew whenever one of its files changes.

import { chooseDevice, loadConfig } from "../core/config.ts";
import { ownStreams, terminalEnv, wantsColor } from "../core/session.ts";
import { Dev } from "../core/session_dev.ts";
import { nativeOptions, parseScriptCommand, scriptOptions } from "../core/session_options.ts";
import { BoardPlace, PcPlace, type Place } from "../core/session_place.ts";
import { Device } from "../core/ssh.ts";
import { defineCommand, deviceHelp, deviceOptions } from "./command.ts";

const name = "dev";

export default defineCommand({
    name,
    summary: "run a script, and start it anew when its files change",
    help: `Usage: maixjs dev [options] <script> [args...] [-- args...]

Runs the script, on the board or on this PC, and watches everything that it is made of: its
imports, packages, tsconfig.json, package.json. After a change the old run is stopped cleanly and
the new one started. Where the change does not build, the errors are shown and the last good run
goes on. Types are checked meanwhile and hold nothing up. Ctrl-C ends the script, then dev.

${deviceHelp}
  --local          on this PC, also where a board is set
  --cwd <folder>   working folder (default: ~/maixjs on a board, the current one here)
  --mic, --memory-limit, --stack-size, --timeout: as \`maixjs --help\` says

The script's own options stand behind --.

Example:
  maixjs dev record.ts --device root@maixcam-1234.local
`,
    async run(argv) {
        const command = parseScriptCommand(name, argv, { ...deviceOptions, ...scriptOptions });
        const { script, args, values } = command;
        const { config } = await loadConfig();
        const target = chooseDevice(values, config);
        const devices: Device[] = [];
        const connect = async (): Promise<Place> => {
            if (target === null) return new PcPlace();
            await devices.pop()?.close();
            const device = await Device.connect(target);
            devices.push(device);
            return new BoardPlace(device, config.executable);
        };
        const isHere = target === null;
        const cwd = values.cwd ?? (isHere ? process.cwd() : config.cwd);
        const env = { ...terminalEnv(), ...(isHere ? {} : config.env) };
        const request = { name: script, args, options: nativeOptions(values), cwd, env };
        const dev = new Dev({
            script,
            connect,
            request,
            streams: ownStreams(),
            color: wantsColor(),
        });
        try {
            return await dev.run();
        } finally {
            await devices.pop()?.close();
        }
    },
});

// SPDX-License-Identifier: MIT
// `maixjs run`: a script on a board, as if the board were this terminal; or on this PC.

import { statSync } from "node:fs";
import { resolve } from "node:path";

import { bundle, findScript } from "../core/bundle.ts";
import { Channel } from "../core/channel.ts";
import { type Config, chooseDevice, loadConfig } from "../core/config.ts";
import { messageOf, STATUS, UserError } from "../core/errors.ts";
import { Fetcher } from "../core/fetch.ts";
import { findExecutable, runNative } from "../core/native.js";
import { say } from "../core/progress.ts";
import { accompany, interruptible, ownStreams, terminalEnv, wantsColor } from "../core/session.ts";
import {
    nativeOptions,
    parseScriptCommand,
    type ScriptCommand,
    scriptOptions,
} from "../core/session_options.ts";
import { BoardPlace } from "../core/session_place.ts";
import { Device } from "../core/ssh.ts";
import { defineCommand, deviceHelp, deviceOptions } from "./command.ts";

const name = "run";

const options = {
    ...deviceOptions,
    ...scriptOptions,
    fetch: { type: "string", multiple: true },
    into: { type: "string" },
} as const;

type RunCommand = ScriptCommand<typeof options>;

function enter(folder: string): void {
    try {
        process.chdir(folder);
    } catch (error) {
        throw new UserError(`cannot use the working folder ${folder}: ${messageOf(error)}`, {
            status: STATUS.usage,
        });
    }
}

/** On this PC it is what `maixjs <script>` is. */
function runHere({ script, args, values }: RunCommand): Promise<number> {
    if (values.fetch || values.into !== undefined) {
        throw new UserError("--fetch and --into bring files from a board: --device is missing", {
            status: STATUS.usage,
        });
    }
    // What is no script could be a command of the executable: stop, build, …
    findExecutable(); // where there is none, a missing script is the smaller trouble
    if (script !== "-") findScript(script);
    const path = script === "-" ? script : resolve(script);
    if (values.cwd !== undefined) enter(values.cwd);
    return runNative([...nativeOptions(values), values.cwd === undefined ? script : path, ...args]);
}

/** Before the run: what could not be brought back then would stay on the board. */
function checkInto(folder: string): void {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== false) return;
    throw new UserError(`--into ${folder}: it is no folder`, { status: STATUS.usage });
}

async function runThere(target: string, command: RunCommand, config: Config): Promise<number> {
    const { script, args, values } = command;
    const path = findScript(script);
    const into = values.into ?? config.into ?? ".";
    checkInto(into);
    const connecting = Device.connect(target); // while the bundle is made
    connecting.catch(() => {});
    const { code, messages } = await bundle(path, { color: wantsColor() });
    process.stderr.write(messages);
    if (code === undefined) {
        await connecting.then((device) => device.close()).catch(() => {});
        return STATUS.failed;
    }
    const device = await connecting;
    try {
        const cwd = values.cwd ?? config.cwd;
        const patterns = values.fetch ?? config.fetch ?? [];
        const place = new BoardPlace(device, config.executable);
        const fetcher = new Fetcher({ place, cwd, patterns, into });
        const before = patterns.length > 0 ? await fetcher.list() : [];
        const program = place.start({
            bundleBytes: code.length,
            name: script,
            args,
            options: nativeOptions(values),
            cwd,
            env: { ...terminalEnv(), ...config.env },
        });
        const streams = ownStreams();
        const outcome = await accompany(
            new Channel({ process: program, bundle: code, ...streams }),
        );
        if (outcome.kind !== "exit") throw place.explain(outcome, program);
        const { failure } = streams.stdout;
        if (failure) say(`cannot write to standard output: ${failure.message}`);
        const isComplete =
            patterns.length === 0 ||
            (await interruptible((signal) => fetcher.fetchNew(before, signal)));
        const isGood = isComplete && failure === undefined;
        return outcome.status === STATUS.done && !isGood ? STATUS.failed : outcome.status;
    } finally {
        await device.close();
    }
}

export default defineCommand({
    name,
    summary: "run a script on a board, with its output here",
    help: `Usage: maixjs run [options] <script> [args...] [-- args...]

Bundles the script, runs it on the board, and is its terminal: standard input, output and errors,
byte for byte, and the exit status. Ctrl-C asks the script to end, a second one forces it, a third
one leaves. If the connection is lost, the board stops the script and finalises its recordings.
What the script writes stays in its working folder on the board.

${deviceHelp}
  --local          on this PC, also where a board is set
  --cwd <folder>   working folder there (default: ~/maixjs on the board)
  --fetch <names>  bring back what the script wrote there, such as '*.wav'; repeatable
  --into <folder>  where to put it (default: here)
  --mic, --memory-limit, --stack-size, --timeout: as \`maixjs --help\` says

The script's own options stand behind --.

Examples:
  maixjs run record.ts --device root@maixcam-1234.local --fetch '*.wav' --into takes
  maixjs run mic.ts --device cam | ffplay -
`,
    async run(argv) {
        const command = parseScriptCommand(name, argv, options);
        const { config } = await loadConfig();
        const target = chooseDevice(command.values, config);
        return target === null ? runHere(command) : runThere(target, command, config);
    },
});

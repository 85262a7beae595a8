// SPDX-License-Identifier: MIT
// A command of the board's own executable, as if it ran here.

import type { Readable, Writable } from "node:stream";

import { FIND_EXECUTABLE } from "./board.ts";
import { chooseDevice, type DeviceChoice, loadConfig } from "./config.ts";
import { UserError } from "./errors.ts";
import { runNative } from "./native.js";
import { Device } from "./ssh.ts";

/** sh's "not found". */
const MISSING = 127;

// The end of standard input, which is the end of this process or of the connection, ends the command:
// without a pty no signal gets there. What watches for it must not hold the streams open.
const COMMAND = `${FIND_EXECUTABLE}
shift
[ -x "$x" ] || exit ${MISSING}
exec 3<&0
"$x" "$@" < /dev/null 3<&- & command=$!
(cat <&3; kill "$command") > /dev/null 2>&1 & watch=$!
wait "$command"
status=$?
kill "$watch" 2> /dev/null
exit "$status"
`;

/** Its output, until it ends or whoever reads ours has left. */
function copy(from: Readable, to: Writable, leave: () => void): Promise<void> {
    return new Promise((resolve) => {
        let isOpen = true;
        to.on("error", () => {
            isOpen = false;
            from.resume(); // what is still to come must not hold ssh up
            leave();
        });
        from.on("data", (chunk: Buffer) => {
            if (!isOpen || to.write(chunk)) return;
            from.pause();
            to.once("drain", () => from.resume());
        });
        from.on("close", resolve);
    });
}

async function runOnBoard(
    device: Device,
    executable: string | undefined,
    args: readonly string[],
): Promise<number> {
    const child = device.spawn(["sh", "-c", COMMAND, "sh", executable ?? "", ...args]);
    const leave = (): void => {
        child.stdin.end();
    };
    const ended = new Promise<number | null>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", resolve);
    });
    await Promise.all([
        copy(child.stdout, process.stdout, leave),
        copy(child.stderr, process.stderr, leave),
    ]);
    const status = (await ended) ?? 1;
    const error = device.connectionError(child);
    if (error) throw error;
    if (status === MISSING) {
        throw new UserError(`there is no maixjs on ${device.target}`, {
            hint: `maixjs deploy --device ${device.target}`,
        });
    }
    return status;
}

/** A command of the executable, on the board that is meant or on this PC; its status. */
export async function runNativeCommand(
    choice: DeviceChoice,
    args: readonly string[],
): Promise<number> {
    const { config } = await loadConfig();
    const target = chooseDevice(choice, config);
    if (target === null) return runNative(args);
    const device = await Device.connect(target);
    try {
        return await runOnBoard(device, config.executable, args);
    } finally {
        await device.close();
    }
}

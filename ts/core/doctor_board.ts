// SPDX-License-Identifier: MIT
// What `maixjs doctor --device` looks at: the way to the board, and the board.

import { spawnSync } from "node:child_process";

import { type Board, inspectBoard } from "./board.ts";
import {
    checkClock,
    checkMicrophone,
    checkRoom,
    type Finding,
    ill,
    MICROPHONE_SCRIPT,
    notSeen,
    well,
} from "./doctor.ts";
import { UserError } from "./errors.ts";
import { formatBytes } from "./progress.ts";
import { Device, sshProgram, sshSettings } from "./ssh.ts";
import { SshError, type SshStage, shellWord, sshMissing } from "./ssh_errors.ts";
import { boardArchitectures, ownVersion } from "./targets.ts";

/** Lines for the stages of a connection, in its order. */
const stages: readonly { stage: SshStage; what: string }[] = [
    { stage: "configuration", what: "ssh config" },
    { stage: "network", what: "network" },
    { stage: "hostKey", what: "host key" },
    { stage: "key", what: "key" },
];

const boardLines = ["architecture", "executable", "clock", "disk", "memory", "microphone"];
const RECORDING_MS_MAX = 15_000;

function checkSsh(): Finding {
    const { stderr, error } = spawnSync(sshProgram(), ["-V"], { encoding: "utf8" });
    if (!error) return well("ssh", stderr.trim());
    const { message, hint } = sshMissing(sshProgram());
    return ill("ssh", message, hint ?? "");
}

/** What a failed connection says of each stage: what came before it has worked. */
function fromFailure(error: SshError): Finding[] {
    const failed = stages.findIndex(({ stage }) => stage === error.stage);
    // A session that broke has passed them all.
    if (failed < 0)
        return [
            ...stages.map(({ what }) => well(what, "")),
            ill("session", error.message, error.hint ?? ""),
        ];
    return stages.map(({ what }, index) => {
        if (index < failed) return well(what, "");
        return index > failed ? notSeen(what) : ill(what, error.message, error.hint ?? "");
    });
}

function checkArchitecture(board: Board): Finding {
    const detail = [board.machine, board.name, board.image].filter((text) => text).join(", ");
    if (board.target !== null) return well("architecture", detail);
    const known = boardArchitectures().join(" and ");
    return ill("architecture", detail, `there are executables for ${known} only`);
}

function checkExecutable(board: Board, target: string): Finding {
    const what = "executable";
    const fix = `maixjs deploy --device ${shellWord(target)}`;
    const { version, executable, broken } = board;
    if (broken !== null) return ill(what, `${executable} does not run: ${broken}`, fix);
    if (version === null) return ill(what, `there is no ${executable}`, fix);
    const own = `maixjs ${ownVersion()}`;
    if (version === own || version.startsWith(`${own} `))
        return well(what, `${version}, ${executable}`);
    return ill(what, `${executable} is ${version}, and this is ${own}`, fix);
}

async function hear(device: Device, board: Board, mic: readonly string[]): Promise<Finding> {
    const limit = ["--timeout", `${RECORDING_MS_MAX}`];
    const { stdout, stderr } = await device.exec([board.executable, ...limit, ...mic, "-"], {
        input: MICROPHONE_SCRIPT,
    });
    const list = `maixjs devices --device ${shellWord(device.target)}`;
    return checkMicrophone(stdout.toString(), stderr, list);
}

/** The line that sets a board's clock to this machine's. */
function setClockLine(target: string): string {
    return `ssh ${shellWord(target)} date -s @${Math.round(Date.now() / 1000)}`;
}

async function examine(
    device: Device,
    executable: string | undefined,
    mic: readonly string[],
): Promise<Finding[]> {
    const board = await inspectBoard(device, executable);
    return [
        checkArchitecture(board),
        checkExecutable(board, device.target),
        checkClock(board.clockAheadS, setClockLine(device.target)),
        checkRoom("disk", board.freeHomeBytes, formatBytes),
        checkRoom("memory", board.freeMemoryBytes, formatBytes),
        board.version === null ? notSeen("microphone") : await hear(device, board, mic),
    ];
}

/** `mic`: options of the executable, such as ["--mic", "sim:tone"]. */
export async function examineBoard(
    target: string,
    executable: string | undefined,
    mic: readonly string[],
): Promise<Finding[]> {
    const ssh = checkSsh();
    if (!ssh.isWell) {
        return [ssh, ...[...stages.map(({ what }) => what), ...boardLines].map(notSeen)];
    }
    let device: Device;
    let network: Finding;
    try {
        const settings = await sshSettings(target);
        const place = `${settings.get("hostname") ?? target} port ${settings.get("port") ?? "22"}`;
        network = well("network", place);
        device = await Device.connect(target);
    } catch (error) {
        if (!(error instanceof SshError)) throw error;
        return [ssh, ...fromFailure(error), ...boardLines.map(notSeen)];
    }
    const connected = [
        ssh,
        ...stages.map(({ what }) => (what === network.what ? network : well(what, ""))),
    ];
    try {
        return [...connected, ...(await examine(device, executable, mic))];
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return [...connected, ill("session", error.message, error.hint ?? "")];
    } finally {
        await device.close();
    }
}

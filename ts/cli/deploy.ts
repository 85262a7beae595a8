// SPDX-License-Identifier: MIT
// `maixjs deploy`: the right executable onto a board.

import { inspectBoard, checkBoardPath, type Board } from "../core/board.ts";
import { fetchEsbuild } from "../core/board_esbuild.ts";
import { loadConfig, requireDevice } from "../core/config.ts";
import { copyProgram, isDeployed, type Program } from "../core/deploy.ts";
import { STATUS, UserError } from "../core/errors.ts";
import { formatBytes, harmless, say } from "../core/progress.ts";
import { Device } from "../core/ssh.ts";
import { boardArchitectures, ownVersion, readBoardExecutable } from "../core/targets.ts";
import { defineCommand, deviceHelp, deviceOptions, parse, refuseExtra } from "./command.ts";

const name = "deploy";

const options = {
    device: deviceOptions.device,
    to: { type: "string" },
    "with-esbuild": { type: "boolean" },
} as const;

/** The target of a board; an error says what there is. */
function requireTarget(board: Board, device: string): string {
    if (board.target !== null) return board.target;
    throw new UserError(`${device} is a ${board.machine}, and maixjs has no executable for that`, {
        hint: `there are executables for ${boardArchitectures().join(" and ")}`,
    });
}

/** Returns whether it was copied. */
async function bring(device: Device, program: Program, freeBytes: number | null): Promise<boolean> {
    if (await isDeployed(device, program)) {
        say(`${program.name} is there already, at ${program.path}`);
        return false;
    }
    await copyProgram(device, program, freeBytes);
    say(`${program.name} (${formatBytes(program.bytes.length)}) is at ${program.path}`);
    return true;
}

/** Returns where the executable is. */
async function deploy(
    device: Device,
    to: string | undefined,
    withEsbuild: boolean,
): Promise<string> {
    const board = await inspectBoard(device, to);
    const free = board.freeDiskBytes === null ? "" : `${formatBytes(board.freeDiskBytes)} free`;
    const facts = [board.name, board.machine, board.image, free].filter((text) => text);
    say(`${device.target}: ${facts.join(", ")}`);
    const target = requireTarget(board, device.target);
    const version = `maixjs ${ownVersion()}`;
    const path = board.executable;
    const maixjs = { name: "maixjs", bytes: readBoardExecutable(target), path, version };
    await bring(device, maixjs, board.freeDiskBytes);
    if (withEsbuild) {
        const esbuild = await fetchEsbuild(target);
        const beside = `${path.slice(0, path.lastIndexOf("/"))}/esbuild`;
        // The executable has taken some of what was free, and there may have been an old one.
        const { freeDiskBytes } = await inspectBoard(device, to);
        await bring(device, { name: "esbuild", path: beside, ...esbuild }, freeDiskBytes);
    }
    const now = await inspectBoard(device, to);
    if (!now.version?.startsWith(version)) {
        throw new UserError(`${device.target}: ${path} does not run`, {
            hint: now.broken ?? now.version ?? "it is gone",
        });
    }
    process.stdout.write(`${harmless(now.version)}\n`);
    return path;
}

export default defineCommand({
    name,
    summary: "put the executable onto a board",
    help: `Usage: maixjs deploy [--device <ssh>] [--to <path>] [--with-esbuild]

Finds out what the board is and copies the executable for it, unless it is there. It takes the old
one's place at once, after it has run there; a broken connection leaves the old one.

${deviceHelp}
  --to <path>      where to put it: an absolute path there (default: /usr/bin/maixjs for root,
                   else ~/.local/bin/maixjs; or "executable" of maixjs.config.ts)
  --with-esbuild   esbuild as well (10 MB): then the board itself runs .ts files

Example:
  maixjs deploy --device root@maixcam-1234.local
`,
    async run(argv) {
        const { values, positionals } = parse(name, argv, options);
        refuseExtra(name, positionals);
        if (values.to !== undefined) checkBoardPath(values.to, "--to");
        const { config } = await loadConfig();
        const to = values.to ?? config.executable;
        const device = await Device.connect(requireDevice(values, config));
        try {
            const path = await deploy(device, to, values["with-esbuild"] ?? false);
            if (values.to !== undefined && path !== config.executable) {
                say(`other commands find it by \`executable: "${path}"\` in maixjs.config.ts`);
            }
        } finally {
            await device.close();
        }
        return STATUS.done;
    },
});

// SPDX-License-Identifier: MIT
// A board behind a real sshd on the loopback interface, with its userland emulated by qemu-user.
//
//     const board = await startBoard();                 // a MaixCAM: riscv64, without maixjs
//     afterAll(() => board.stop());
//     // everything of ts/core, and `node ts/cli/maixjs.js`, finds it with this environment:
//     spawn(process.execPath, [cli, "doctor", "--device", board.target], { env: board.env });
//     Object.assign(process.env, { MAIXJS_SSH_CONFIG: board.sshConfig });  // Device.connect("board")
//
// - `board.root` is the board's / as this machine sees it: read and write files there.
// - `board.sh("…")` runs a line on the board, without ssh.
// - `startBoard({ executable: true })` has dist/<machine>/maixjs at /usr/bin/maixjs.
// - A proxy in this process is the network: `cut()`, `cutAfter(bytes)`, `freezeAfter(bytes)`,
//   `freeze()`, `thaw()`. So a test must not block (no spawnSync of something that talks to the board).
// - Two users: root (target "board") and maker, who is none (target "maker@board").
//
// The "board" is a folder with Debian's static busybox for the board's architecture; sshd, which is
// this machine's, chroots into it. User, mount and PID namespaces hold it all: binfmt_misc, which
// starts the emulator, is registered in them alone, and when this process dies, all of it does.

import { spawn, spawnSync } from "node:child_process";
import {
    chmodSync,
    copyFileSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    realpathSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { ensureBusybox } from "../../toolchain/boards/busybox.mjs";
import { emulators, findEmulator } from "../../toolchain/boards/emulator.mjs";
import { ensureSshd } from "../../toolchain/boards/sshd.mjs";
import { messageOf } from "../../ts/core/errors.ts";
import { root as projectRoot } from "./files.ts";
import type { Ended } from "./process.ts";
import { Namespaces } from "./sshd_namespaces.ts";
import { Network } from "./sshd_network.ts";
import { hasTool } from "./tools.ts";

type Sshd = ReturnType<typeof ensureSshd>;

export type Machine = "maixcam" | "maixcam2";

interface MachineFacts {
    readonly architecture: string;
    /** e_machine of its executables. */
    readonly elf: number;
    readonly board: string;
}

const machines: Readonly<Record<Machine, MachineFacts>> = {
    maixcam: { architecture: "riscv64", elf: 243, board: "id=maixcam_pro\nname=MaixCAM-Pro\n" },
    maixcam2: { architecture: "arm64", elf: 183, board: "id=maixcam2\nname=MaixCAM2\n" },
};

export interface BoardOptions {
    readonly machine?: Machine;
    /** Puts dist/<machine>/maixjs at /usr/bin/maixjs. */
    readonly executable?: boolean;
    /** Small file systems of their own: `{ "/maixapp": "256k" }`. */
    readonly tmpfs?: Readonly<Record<string, string>>;
    /** Commands that its busybox lacks; a file of that name in `root`'s usr/bin can stand for one. */
    readonly without?: readonly string[];
    /** Lets root in with the password "root" as well, as a board does. */
    readonly password?: boolean;
    /** More lines of the client's configuration, for this host. */
    readonly sshOptions?: readonly string[];
}

export interface Board {
    /** What to say to --device. */
    readonly target: string;
    /** The client's configuration: `ssh -F`. */
    readonly sshConfig: string;
    /** This process's environment, and MAIXJS_SSH_CONFIG. */
    readonly env: NodeJS.ProcessEnv;
    /** The board's /, also its small file systems; gone after `stop`. */
    readonly root: string;
    /** Where keys and configurations are: `user_key`, `known_hosts`, `authorized_keys`. */
    readonly folder: string;
    /** Of the proxy: where clients connect to. */
    readonly port: number;
    /** Of sshd itself: for jumps from the board to itself. */
    readonly serverPort: () => number;
    /** What sshd has said. */
    readonly log: () => string;
    /** Runs it on the board, as root; not through ssh. */
    sh(script: string): Promise<Ended>;
    /** Breaks all connections now. */
    cut(): void;
    /** Breaks the connection once it has brought the board so many bytes more. */
    cutAfter(bytes: number): void;
    /** Freezes once it has brought the board so many bytes more; resolves then. */
    freezeAfter(bytes: number): Promise<void>;
    /** From now on nothing gets through, and nobody is told. */
    freeze(): void;
    thaw(): void;
    /** How many connections there have been. */
    connections(): number;
    /** As a new image does: another host key, which known_hosts does not have. */
    changeHostKey(): Promise<void>;
    stop(): Promise<void>;
}

const programs = ["ssh", "ssh-keygen", "unshare", "nsenter", "qemu-riscv64-static"];

/** Whether boards can be started here; with CI=true they must. `describe.skipIf(!boardsCanRun)` */
export const boardsCanRun = canRun();

function canRun(): boolean {
    const missing = programs.filter((name) => !hasTool(name));
    // The map of users of a namespace.
    if (process.getuid?.() !== 0) missing.push("root");
    for (const machine of Object.keys(machines)) {
        const path = join("dist", machine, "maixjs");
        if (!existsSync(join(projectRoot, path))) missing.push(`${path} (npm run build:boards)`);
    }
    if (missing.length === 0 && !emulatesPrograms()) missing.push("binfmt_misc with qemu-riscv64");
    try {
        if (missing.length === 0) ensureSshd();
    } catch (error) {
        missing.push(`sshd (${messageOf(error)})`);
    }
    if (missing.length > 0 && process.env.CI === "true") {
        throw new Error(`boards need ${missing.join(", ")}`);
    }
    return missing.length === 0;
}

/** Whether the kernel starts a board's programs in a namespace of ours. */
function emulatesPrograms(): boolean {
    const folder = "/proc/sys/fs/binfmt_misc";
    const mount = ["-U", "-r", "-m", "mount", "-t", "binfmt_misc", "none", folder];
    return spawnSync("unshare", mount).status === 0 || existsSync(`${folder}/qemu-riscv64`);
}

/** The first bytes of an ELF executable of that machine, and which of their bits count. */
function binfmtLine(name: string, elf: number, interpreter: string): string {
    const hex = (bytes: readonly number[]): string =>
        bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
    const ident = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...new Array<number>(9).fill(0)];
    const mask = [...new Array<number>(7).fill(0xff), 0, ...new Array<number>(8).fill(0xff)];
    const magic = hex([...ident, 2, 0, elf, 0]);
    return `:${name}:M::${magic}:${hex([...mask, 0xfe, 0xff, 0xff, 0xff])}:${interpreter}:FP`;
}

/** What runs first in the namespaces: mounts, then one sshd after another, as it is told. */
const initScript = ({ path, libraries, helpers }: Sshd): string => `
folder=$1
set -e
${helpers && `mount -t overlay -o "lowerdir=${helpers}:/usr/lib/openssh" overlay /usr/lib/openssh`}
${libraries && `export LD_LIBRARY_PATH=${libraries}`}
mount -t proc proc /proc
binfmt=/proc/sys/fs/binfmt_misc
# Before Linux 6.7 namespaces have none of their own; then the machine's holds.
if mount -t binfmt_misc none $binfmt 2>/dev/null; then cat "$folder/binfmt" > $binfmt/register; fi
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd /run/board
mount --bind "$folder/root" /run/board
for name in passwd group shadow; do mount --bind "$folder/$name" "/etc/$name"; done
for name in null zero random urandom tty; do mount --bind /dev/$name /run/board/dev/$name; done
mount -t proc proc /run/board/proc
while read -r path size; do mount -t tmpfs -o "mode=755,size=$size" tmpfs "/run/board$path"; done < "$folder/tmpfs"
set +e
echo ready
server=
while read -r config; do
    [ -z "$server" ] || { kill "$server"; wait "$server"; }
    ${path} -t -f "$config" || exit 1
    ${path} -D -e -f "$config" &
    server=$!
done
`;

/**
 * Its shell runs its own commands whatever PATH has: so names change in its sorted table, to what
 * nobody says and what keeps the order.
 */
function withoutApplets(busybox: Buffer, names: readonly string[]): Buffer {
    for (const name of names) {
        const at = busybox.indexOf(`\0${name}\0`);
        if (at < 0) throw new Error(`busybox has no ${name}`);
        busybox.write("~", at + name.length, "latin1");
    }
    return busybox;
}

function writeRoot(folder: string, machine: Machine, without: readonly string[]): void {
    const root = join(folder, "root");
    const folders = [
        ...["bin", "sbin", "usr/bin", "usr/sbin", "dev", "proc", "sys", "etc", "tmp", "var"],
        ...["root", "home/maker", "boot", "maixapp/apps", "maixapp/tmp", "mnt"],
    ];
    for (const name of folders) mkdirSync(join(root, name), { recursive: true });
    for (const name of ["null", "zero", "random", "urandom", "tty"]) {
        writeFileSync(join(root, "dev", name), "");
    }
    const { architecture, board } = machines[machine];
    const busybox = join(root, "bin/busybox");
    writeFileSync(busybox, withoutApplets(readFileSync(ensureBusybox(architecture)), without));
    chmodSync(busybox, 0o755);
    const emulator = findEmulator(machine) ?? "";
    const list = spawnSync(emulator, [busybox, "--list-full"], { encoding: "utf8" });
    for (const applet of list.stdout.split("\n").filter((line) => line)) {
        const link = join(root, applet);
        mkdirSync(dirname(link), { recursive: true });
        if (!existsSync(link)) symlinkSync("/bin/busybox", link);
    }
    writeFileSync(join(root, "boot/board"), board);
    writeFileSync(join(root, "boot/ver"), "maixcam-2025-01-24-maixpy-v4.9.0\n");
    writeFileSync(join(root, "boot/configs"), "maix_audio_input_volume_scale=1.0\n");
    writeFileSync(join(root, "etc/passwd"), users);
    chmodSync(join(root, "tmp"), 0o1777);
    chmodSync(join(root, "root"), 0o700);
    spawnSync("chown", ["1000:1000", join(root, "home/maker")]);
}

const users =
    "root:x:0:0:root:/root:/bin/sh\n" +
    "maker:x:1000:1000::/home/maker:/bin/sh\n" +
    "sshd:x:100:65534::/run/sshd:/bin/false\n";

/** Of the password "root", by `openssl passwd -6`. */
const rootHash =
    "$6$maixjs$ecbfqJrZRpuDHvT8V8E72Bz9WT/yElcMj7WRV3rkhKPxNMLaRKIs2Rhk4auDUwPr6qLGph5xqGofnnEliWuYK/";

function keygen(file: string): void {
    const args = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file];
    const { status, stderr } = spawnSync("ssh-keygen", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`ssh-keygen: ${stderr}`);
}

function writeFolder(folder: string, machine: Machine, options: BoardOptions): void {
    writeRoot(folder, machine, options.without ?? []);
    writeFileSync(join(folder, "passwd"), users);
    writeFileSync(join(folder, "group"), "root:x:0:\nmaker:x:1000:\nnogroup:x:65534:\n");
    writeFileSync(join(folder, "shadow"), `root:${rootHash}:1::::::\nmaker:*:1::::::\n`, {
        mode: 0o600,
    });
    const mounts = Object.entries(options.tmpfs ?? {});
    for (const [path] of mounts) mkdirSync(join(folder, "root", path), { recursive: true });
    writeFileSync(
        join(folder, "tmpfs"),
        mounts.map(([path, size]) => `${path} ${size}\n`).join(""),
    );
    const { elf, architecture } = machines[machine];
    const interpreter = realpathSync(findEmulator(machine) ?? "");
    writeFileSync(join(folder, "binfmt"), binfmtLine(`board-${architecture}`, elf, interpreter));
    writeFileSync(join(folder, "init"), initScript(ensureSshd()));
    keygen(join(folder, "user_key"));
    copyFileSync(join(folder, "user_key.pub"), join(folder, "authorized_keys"));
    writeFileSync(join(folder, "known_hosts"), "");
}

function sshdConfig(
    folder: string,
    port: number,
    hostKey: string,
    { machine = "maixcam", password = false }: BoardOptions,
): string {
    const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    return [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${folder}/authorized_keys`,
        "ChrootDirectory /run/board",
        "PermitRootLogin yes",
        `PasswordAuthentication ${password ? "yes" : "no"}`,
        "KbdInteractiveAuthentication no",
        "StrictModes no",
        "UsePAM no",
        "UseDNS no",
        "PrintMotd no",
        "PidFile none",
        `SetEnv PATH=${path} QEMU_CPU=${emulators[machine]?.cpu}`,
        "",
    ].join("\n");
}

function clientConfig(folder: string, port: number, more: readonly string[]): string {
    const lines = [
        "HostName 127.0.0.1",
        `Port ${port}`,
        `IdentityFile ${folder}/user_key`,
        "IdentitiesOnly yes",
        "IdentityAgent none",
        `UserKnownHostsFile ${folder}/known_hosts`,
        "GlobalKnownHostsFile /dev/null",
        ...more,
    ];
    return `Host board\n${lines.map((line) => `    ${line}\n`).join("")}Host board\n    User root\n`;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
    const network = await Network.start();
    await network.stop();
    return network.port;
}

/** Has sshd serve the board behind `network`, with a new host key; returns the key. */
async function serve(
    folder: string,
    spaces: Namespaces,
    network: Network,
    options: BoardOptions,
): Promise<string> {
    const hostKey = join(folder, "host_key");
    for (const name of [hostKey, `${hostKey}.pub`]) rmSync(name, { force: true });
    keygen(hostKey);
    const config = join(folder, "sshd_config");
    for (;;) {
        const port = await freePort();
        writeFileSync(config, sshdConfig(folder, port, hostKey, options));
        const from = spaces.text.length;
        spaces.tell(config);
        const failed = `Bind to port ${port} on 127.0.0.1 failed`;
        const outcome = await spaces.heard([`listening on 127.0.0.1 port ${port}.`, failed], from);
        // Somebody else may have taken the port meanwhile.
        if (outcome !== 0) continue;
        network.boardPort = port;
        return readFileSync(`${hostKey}.pub`, "utf8");
    }
}

export async function startBoard(options: BoardOptions = {}): Promise<Board> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-board-")));
    try {
        return await startBoardIn(folder, options);
    } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        throw error;
    }
}

async function startBoardIn(folder: string, options: BoardOptions): Promise<Board> {
    const machine = options.machine ?? "maixcam";
    // sshd reads the users' keys as the users.
    chmodSync(folder, 0o755);
    writeFolder(folder, machine, options);
    if (options.executable) {
        const path = join(folder, "root/usr/bin/maixjs");
        copyFileSync(join(projectRoot, "dist", machine, "maixjs"), path);
        chmodSync(path, 0o755);
    }
    const spaces = await Namespaces.start(join(folder, "init"), [folder]);
    const network = await Network.start();
    const sshConfig = join(folder, "ssh_config");
    writeFileSync(sshConfig, clientConfig(folder, network.port, options.sshOptions ?? []));
    const key = await serve(folder, spaces, network, options);
    writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${network.port} ${key}`);
    const root = `/proc/${spaces.pid}/root/run/board`;

    return {
        target: "board",
        sshConfig,
        env: { ...process.env, MAIXJS_SSH_CONFIG: sshConfig },
        root,
        folder,
        port: network.port,
        serverPort: () => network.boardPort,
        log: () => spaces.text,
        sh: (script) => inside(spaces.pid, script),
        cut: () => network.cut(),
        cutAfter: (bytes) => network.cutAfter(bytes),
        freezeAfter: (bytes) => network.freezeAfter(bytes),
        freeze: () => network.freeze(),
        thaw: () => network.thaw(),
        connections: () => network.connections,
        changeHostKey: async () => {
            await serve(folder, spaces, network, options);
        },
        stop: async () => {
            await network.stop();
            await spaces.stop();
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

/** A line of sh on the board, from outside of sshd. */
function inside(pid: number, script: string): Promise<Ended> {
    // The board's processes are in the PID namespace of unshare's child.
    const children = `--pid=/proc/${pid}/ns/pid_for_children`;
    const enter = ["-t", `${pid}`, "-U", "-m", children, "--preserve-credentials"];
    const board = ["chroot", "/run/board", "/bin/sh", "-c", script];
    return new Promise((resolve, reject) => {
        const child = spawn("nsenter", [...enter, ...board], {
            env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" },
            stdio: ["ignore", "pipe", "pipe"],
        });
        let [stdout, stderr] = ["", ""];
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            stdout += text;
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
            stderr += text;
        });
        child.on("error", reject);
        child.on("close", (status, signal) => resolve({ status, signal, stdout, stderr }));
    });
}

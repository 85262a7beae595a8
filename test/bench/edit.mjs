// SPDX-License-Identifier: MIT
// From saving a file to the script's first output under `maixjs dev`: on the PC, and through ssh to
// an sshd of our own on the loopback interface, whose other side is this machine too.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";

import { ensureSshd } from "../../toolchain/boards/sshd.mjs";
import { KnownError, root } from "../../toolchain/lib.mjs";
import { sampleOf } from "./table.mjs";
import { findProgram, measure, sayMissing, subfolder } from "./tools.mjs";

const ROUNDS = 25;

/** @typedef {import("./table.mjs").Row} Row */
/** @typedef {import("./start.mjs").Bench} Bench */

/** Says which one it is, and goes on until it is stopped: as most scripts on a camera do. */
const script = (/** @type {number} */ round) => `import { app, time } from "maix";
console.log("round ${round}.");
while (!app.needExit()) time.sleepMs(1000);
`;

/** Saves a script again and again; milliseconds from each save to its first output.
 * @param {string} cwd @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
async function edits(cwd, args, env) {
    const file = join(cwd, "main.ts");
    writeFileSync(file, script(0));
    const command = [join(root, "ts/cli/maixjs.js"), "dev", "main.ts", ...args];
    const dev = spawn(process.execPath, command, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    dev.stderr.on("data", (text) => {
        errors += text;
    });
    dev.stdout.on("data", (text) => {
        output += text;
        dev.emit("output");
    });
    const ended = once(dev, "exit").then(() => {
        throw new Error(`dev has ended: ${errors}`);
    });
    ended.catch(() => {});
    const sees = async (/** @type {number} */ round) => {
        while (!output.includes(`round ${round}.\n`)) {
            await Promise.race([once(dev, "output"), ended]);
        }
    };
    await sees(0);
    const times = [];
    for (let round = 1; round <= ROUNDS; round++) {
        const start = performance.now();
        writeFileSync(file, script(round));
        await sees(round);
        times.push(performance.now() - start);
    }
    dev.kill("SIGINT");
    await ended.catch(() => {});
    return times;
}

/** Null: there is none that can run beside the system. */
function findSshd() {
    try {
        const sshd = ensureSshd();
        return sshd.helpers === "" ? sshd : null;
    } catch (error) {
        if (error instanceof KnownError) return null;
        throw error;
    }
}

async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    await once(server, "close");
    if (typeof address !== "object" || !address) throw new Error("no port is free");
    return address.port;
}

/** Root's sshd wants a user and a folder of its own, which a machine without the package lacks: they
 * are there in a mount namespace. What stands in front of it. @param {string} folder */
function asRoot(folder) {
    if (process.getuid?.() !== 0) return [];
    const users = join(folder, "passwd");
    const line = "sshd:x:65533:65534::/run/sshd:/bin/false\n";
    writeFileSync(
        users,
        `${readFileSync("/etc/passwd", "utf8").replace(/^sshd:.*\n/m, "")}${line}`,
    );
    const mounts = `mount --bind ${users} /etc/passwd && mount -t tmpfs tmpfs /run && mkdir /run/sshd`;
    return ["unshare", "-m", "sh", "-c", `${mounts} && exec "$@"`, "sh"];
}

/** An sshd that runs commands as this user, with throw-away keys; `stop` ends it.
 * @param {import("../../toolchain/boards/sshd.mjs").Sshd} sshd @param {string} folder */
async function startSshd(sshd, folder) {
    const port = await freePort();
    for (const name of ["host_key", "user_key"]) {
        spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
    }
    const config = join(folder, "sshd_config");
    const lines = [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${folder}/host_key`,
        `AuthorizedKeysFile ${folder}/user_key.pub`,
        "StrictModes no",
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "UsePAM no",
        "PidFile none",
        `SetEnv XDG_STATE_HOME=${folder}/state`,
    ];
    writeFileSync(config, `${lines.join("\n")}\n`);
    const command = [sshd.path, "-D", "-e", "-f", config];
    const [start = "", ...words] = [...asRoot(folder), ...command];
    const server = spawn(start, words, {
        env: { ...process.env, LD_LIBRARY_PATH: sshd.libraries },
        stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    for await (const text of server.stderr) {
        said += text;
        if (said.includes("Server listening")) break;
    }
    if (server.exitCode !== null) throw new Error(`sshd does not start: ${said}`);
    const client = join(folder, "ssh_config");
    const options = [
        "HostName 127.0.0.1",
        `User ${userInfo().username}`,
        `Port ${port}`,
        `IdentityFile ${folder}/user_key`,
        "IdentitiesOnly yes",
        "IdentityAgent none",
        "StrictHostKeyChecking no",
        `UserKnownHostsFile ${folder}/known_hosts`,
        "GlobalKnownHostsFile /dev/null",
        "LogLevel ERROR",
    ];
    writeFileSync(client, `Host loopback\n${options.map((one) => `    ${one}\n`).join("")}`);
    return { client, stop: () => server.kill() };
}

/** @param {Bench} bench @returns {Promise<Row[]>} */
export async function editRows({ folder, executable, env }) {
    const cwd = subfolder(folder, "edit");
    const state = { ...env, HOME: subfolder(folder, "edit-home") };
    const here = sampleOf(await edits(cwd, [], state));
    // What no such command can do without.
    const esbuild = env.MAIXJS_ESBUILD ?? "esbuild";
    const options = ["--bundle", "--format=esm", "--external:maix", "--sourcemap=inline"];
    const bundling = [esbuild, join(cwd, "main.ts"), ...options, "--log-level=error"];
    const built = join(cwd, "built.jsc");
    writeFileSync(join(cwd, "once.ts"), 'console.log("once");');
    spawnSync(executable, ["build", join(cwd, "once.ts"), "-o", built], { env });
    const [bundle, start] = measure(folder, ROUNDS, [bundling, [executable, built]], env);
    const inMs = (/** @type {import("./tools.mjs").Measured | undefined} */ measured) => {
        const { median = NaN, low = NaN, high = NaN } = measured?.wallUs ?? {};
        return { median: median / 1000, low: low / 1000, high: high / 1000 };
    };
    const onPc = { what: "edit: save to first output, on the PC", unit: "ms", ours: here };
    /** @type {Row[]} */
    const rows = [
        { ...onPc, peer: "esbuild alone", theirs: inMs(bundle) },
        { ...onPc, peer: "maixjs x.jsc", theirs: inMs(start) },
    ];
    const program = findProgram("ssh");
    const sshdProgram = findSshd();
    if (!program || !sshdProgram) {
        sayMissing("ssh or sshd", "editing through ssh");
        return rows;
    }
    const sshd = await startSshd(sshdProgram, subfolder(folder, "edit-ssh"));
    try {
        const config = `export default { device: "loopback", executable: "${executable}", cwd: "${cwd}" };`;
        writeFileSync(join(cwd, "maixjs.config.ts"), config);
        const ours = sampleOf(await edits(cwd, [], { ...state, MAIXJS_SSH_CONFIG: sshd.client }));
        const shared = ["-S", join(folder, "mux"), "-o", "ControlPersist=60"];
        const ssh = [program, "-F", sshd.client];
        spawnSync(program, [...ssh.slice(1), "-M", ...shared, "-f", "-N", "loopback"]);
        const [fresh, mux] = measure(folder, ROUNDS, [
            [...ssh, "loopback", "true"],
            [...ssh, "-S", join(folder, "mux"), "loopback", "true"],
        ]);
        spawnSync(program, [...ssh.slice(1), "-S", join(folder, "mux"), "-O", "exit", "loopback"]);
        const through = { what: "edit: save to first output, through ssh", unit: "ms", ours };
        rows.push(
            { ...through, peer: "ssh true", theirs: inMs(fresh) },
            { ...through, peer: "ssh true, shared", theirs: inMs(mux) },
        );
    } finally {
        sshd.stop();
    }
    return rows;
}

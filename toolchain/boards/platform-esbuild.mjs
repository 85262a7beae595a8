// SPDX-License-Identifier: MIT
// esbuild's executable for another platform: npm's package, verified against package-lock.json.

import { createHash } from "node:crypto";
import {
    chmodSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
} from "node:fs";
import { join } from "node:path";

import { capture, exists, findZig, KnownError, root, say } from "../lib.mjs";

/** What the lock file says of a platform's package.
 * @param {string} platform @param {string} [lock]
 * @returns {{ name: string, version: string, integrity: string }} */
export function lockedEsbuild(
    platform,
    lock = readFileSync(join(root, "package-lock.json"), "utf8"),
) {
    const name = `@esbuild/${platform}`;
    const entry = JSON.parse(lock).packages?.[`node_modules/${name}`];
    if (!/^sha512-/.test(entry?.integrity ?? "")) {
        throw new KnownError(`package-lock.json has no integrity of ${name}`);
    }
    return { name, version: entry.version, integrity: entry.integrity };
}

/** @param {string} file @param {string} integrity */
export function hasIntegrity(file, integrity) {
    const digest = createHash("sha512").update(readFileSync(file)).digest("base64");
    return `sha512-${digest}` === integrity;
}

/** The path of the executable for a platform such as "linux-riscv64"; downloaded once.
 * @param {string} platform */
export function fetchEsbuild(platform) {
    const { name, version, integrity } = lockedEsbuild(platform);
    // Beside Zig's packages, where CI keeps its caches. The name has the hash: no stale file is taken.
    const digest = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
    const folder = join(findZig().cache, "maixjs", `esbuild-${platform}-${digest.slice(0, 16)}`);
    const file = join(folder, "esbuild");
    if (exists(file)) return file;
    mkdirSync(join(folder, ".."), { recursive: true });
    const scratch = mkdtempSync(`${folder}.`);
    try {
        say(`fetching ${name} ${version}…`);
        const pack = ["pack", "--silent", "--pack-destination", scratch, `${name}@${version}`];
        if (capture("npm", pack, { cwd: scratch }) === null) {
            throw new KnownError(`npm could not download ${name}@${version}`);
        }
        const [tarball = ""] = readdirSync(scratch).filter((entry) => entry.endsWith(".tgz"));
        if (!hasIntegrity(join(scratch, tarball), integrity)) {
            throw new KnownError(`${name} ${version} is not the one of package-lock.json: refused`);
        }
        const member = "package/bin/esbuild";
        const unpack = ["-xzf", tarball, "--strip-components=2", member];
        if (capture("tar", unpack, { cwd: scratch }) === null) {
            throw new KnownError(`${name} ${version} has no ${member}`);
        }
        rmSync(join(scratch, tarball));
        chmodSync(join(scratch, "esbuild"), 0o755);
        chmodSync(scratch, 0o755);
        renameSync(scratch, folder);
    } catch (error) {
        // Another build may have been faster.
        if (!exists(file)) throw error;
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
    return file;
}

// SPDX-License-Identifier: MIT
// esbuild for a board: npm's package for its platform, of the version that this package uses.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { UserError } from "./errors.ts";
import { packageRoot } from "./native.js";
import { say } from "./progress.ts";
import { esbuildPlatform } from "./targets.ts";
import { userCacheFolder } from "./user_cache.ts";

export interface BoardEsbuild {
    readonly bytes: Buffer;
    readonly version: string;
}

/** What toolchain/cli.mjs has written of package-lock.json, which npm does not publish. */
interface Locked {
    readonly version: string;
    readonly integrity: string;
}

const MEMBER = "package/bin/esbuild";
const TAR_BLOCK_BYTES = 512;

function locked(platform: string): Locked {
    const file = join(packageRoot, "dist/cli/esbuild.json");
    const found = (JSON.parse(readFileSync(file, "utf8")) as Record<string, Locked>)[platform];
    if (!found) throw new Error(`${file} has no ${platform}`);
    return found;
}

/** It may be installed, if this machine has the board's architecture or npm was asked for it. */
function installed(platform: string, version: string): Buffer | null {
    try {
        const esbuild = createRequire(import.meta.url).resolve("esbuild/package.json");
        const require = createRequire(esbuild);
        const manifest = require.resolve(`@esbuild/${platform}/package.json`);
        if ((require(manifest) as { version?: string }).version !== version) return null;
        return readFileSync(join(manifest, "../bin/esbuild"));
    } catch {
        return null;
    }
}

/** One file of a .tgz. */
function extract(archive: Buffer, member: string): Buffer | null {
    const tar = gunzipSync(archive);
    for (let at = 0; at + TAR_BLOCK_BYTES <= tar.length; ) {
        const field = (from: number, bytes: number): string =>
            tar.toString("latin1", at + from, at + from + bytes).replace(/\0.*$/s, "");
        const size = Number.parseInt(field(124, 12).trim() || "0", 8);
        const start = at + TAR_BLOCK_BYTES;
        if (field(0, 100) === member) return tar.subarray(start, start + size);
        at = start + Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
    }
    return null;
}

function isWhole(archive: Buffer, integrity: string): boolean {
    return `sha512-${createHash("sha512").update(archive).digest("base64")}` === integrity;
}

/** The package, as a deploy before has kept it; what is another one by now, or cut, is none. */
function kept(file: string, { integrity }: Locked): Buffer | null {
    try {
        const archive = readFileSync(file);
        return isWhole(archive, integrity) ? archive : null;
    } catch {
        return null;
    }
}

/** The package, by the user's own npm: registries, proxies and logins are npm's. */
function download(name: string, { version, integrity }: Locked): Buffer {
    const folder = mkdtempSync(join(tmpdir(), "maixjs-npm-"));
    try {
        say(`fetching ${name} ${version}…`);
        const args = ["pack", "--silent", "--pack-destination", folder, `${name}@${version}`];
        // npm is a script for cmd.exe on Windows; none of the words needs quotes there but a path.
        const isWindows = process.platform === "win32";
        const words = isWindows ? args.map((arg) => `"${arg}"`) : args;
        const { status, stderr, error } = spawnSync("npm", words, {
            cwd: folder,
            encoding: "utf8",
            shell: isWindows,
        });
        const [tarball] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
        if (status !== 0 || !tarball) {
            throw new UserError(`npm could not download ${name}@${version}`, {
                hint: (error?.message ?? stderr).trim() || "is this machine online?",
            });
        }
        const archive = readFileSync(join(folder, tarball));
        if (!isWhole(archive, integrity)) {
            throw new UserError(`${name} ${version} is not the one that belongs here: refused`);
        }
        return archive;
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/** Keeps it for the next board; a cache that cannot be written is none. */
function keep(file: string, bytes: Buffer): void {
    try {
        mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
        const partial = `${file}.${process.pid}`;
        writeFileSync(partial, bytes, { mode: 0o600 });
        renameSync(partial, file);
    } catch {
        // The download is not lost by that.
    }
}

/** Throws UserError where it cannot be had. */
export async function fetchEsbuild(target: string): Promise<BoardEsbuild> {
    const platform = esbuildPlatform(target);
    const name = `@esbuild/${platform}`;
    const lock = locked(platform);
    const { version } = lock;
    const here = installed(platform, version);
    if (here) return { bytes: here, version };
    const digest = Buffer.from(lock.integrity.slice("sha512-".length), "base64").toString("hex");
    const file = join(userCacheFolder(), "esbuild", `${platform}-${digest.slice(0, 16)}.tgz`);
    const found = kept(file, lock);
    const archive = found ?? download(name, lock);
    const bytes = extract(archive, MEMBER);
    if (!bytes) throw new UserError(`${name} ${version} has no ${MEMBER}`);
    if (!found) keep(file, archive);
    return { bytes, version };
}

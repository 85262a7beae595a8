// SPDX-License-Identifier: MIT
// Packing for the boards: what is refused, and that nothing of the machine gets into a tarball.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    chmodSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { hasIntegrity, lockedEsbuild } from "../../toolchain/boards/platform-esbuild.mjs";
import { packTarball } from "../../toolchain/boards/tarball.mjs";
import { root } from "../support/files.ts";

let scratch: string;

beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "maixjs-boards-"));
});

afterEach(() => {
    rmSync(scratch, { recursive: true, force: true });
});

describe("build:boards", () => {
    it("refuses an unknown target, and names the known ones", () => {
        const { status, stderr } = spawnSync(
            process.execPath,
            ["toolchain/build-boards.mjs", "maixcam3"],
            { cwd: root, encoding: "utf8" },
        );
        expect(status).toBe(1);
        expect(stderr).toMatch(/^maixjs: unknown target "maixcam3"; known: .*maixcam, maixcam2\n$/);
    });
});

describe("a platform's esbuild", () => {
    it.each(["linux-riscv64", "linux-arm64"])("of %s is pinned by the lock file", (platform) => {
        const locked = lockedEsbuild(platform);
        const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
            dependencies: { esbuild: string };
        };
        expect(locked.version).toBe(dependencies.esbuild);
        expect(locked.integrity).toMatch(/^sha512-/);
    });

    it("is refused where the lock file has no hash of it", () => {
        const without = { packages: { "node_modules/@esbuild/linux-arm64": { version: "1.0.0" } } };
        const text = JSON.stringify(without);
        expect(() => lockedEsbuild("linux-arm64", text)).toThrow("no integrity");
        expect(() => lockedEsbuild("linux-mips", text)).toThrow(
            "no integrity of @esbuild/linux-mips",
        );
    });

    it("is refused where a byte of it is another", () => {
        const file = join(scratch, "package.tgz");
        writeFileSync(file, "the package");
        const integrity = `sha512-${createHash("sha512").update("the package").digest("base64")}`;
        expect(hasIntegrity(file, integrity)).toBe(true);
        writeFileSync(file, "the pAckage");
        expect(hasIntegrity(file, integrity)).toBe(false);
    });
});

describe("a tarball", () => {
    /** The same files, made in another order, at another time, with other modes for the group. */
    function pack(name: string, names: readonly string[], mode: number, time: number): Buffer {
        const parent = join(scratch, name);
        mkdirSync(join(parent, "app"), { recursive: true });
        for (const file of names) {
            writeFileSync(join(parent, "app", file), `text of ${file}\n`);
            chmodSync(join(parent, "app", file), mode);
            utimesSync(join(parent, "app", file), time, time);
        }
        const tarball = join(parent, "app.tar.gz");
        packTarball(parent, "app", tarball);
        return readFileSync(tarball);
    }

    it("depends on names, contents and the owner's right to execute only", () => {
        const one = pack("one", ["b", "a", "ä"], 0o644, 1e9);
        const other = pack("other", ["ä", "a", "b"], 0o600, 1.5e9);
        expect(other.equals(one)).toBe(true);
        expect(pack("third", ["a", "b", "ä"], 0o755, 1e9).equals(one)).toBe(false);
        expect(pack("fourth", ["a", "b"], 0o644, 1e9).equals(one)).toBe(false);
    });
});

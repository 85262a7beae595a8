// SPDX-License-Identifier: MIT
// What `npm run build:boards` made: static executables that the boards' cores can run, and tarballs
// with everything that belongs to them.

import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { embeddedPackages } from "../../toolchain/boards/licences.mjs";
import { projectFiles, root } from "../support/files.ts";
import { beyondRv64gc, code, type Elf, machines, PF, PT, readElf, riscvArch } from "./elf.ts";
import { notEmulated } from "./not-emulated.ts";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
};
const boards = ["maixcam", "maixcam2"] as const;
const executableOf = (board: string): string => join(root, "dist", board, "maixjs");
const tarballOf = (board: string): string =>
    join(root, "dist", `maixjs-${version}-${board}.tar.gz`);
const hasFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

// `npm test` builds them before; CI must not go on without them.
const areBuilt = boards.every((board) => hasFile(tarballOf(board)));
const withBuilds = describe.skipIf(!areBuilt && process.env.CI !== "true");

withBuilds.each(boards)("dist/%s/maixjs", (board) => {
    let bytes: Buffer;
    let elf: Elf;
    beforeAll(() => {
        bytes = readFileSync(executableOf(board));
        elf = readElf(bytes);
    });

    it("is for the board's core", () => {
        expect(elf.machine).toBe(board === "maixcam" ? machines.riscv : machines.aarch64);
    });

    it("needs no loader and no library", () => {
        const types = elf.segments.map(({ type }) => type);
        expect(types).not.toContain(PT.interp);
        expect(types).not.toContain(PT.dynamic);
    });

    it("has no executable stack, and nothing that can be written and executed", () => {
        const stack = elf.segments.filter(({ type }) => type === PT.gnuStack);
        expect(stack).toHaveLength(1);
        expect((stack[0]?.flags ?? PF.execute) & PF.execute).toBe(0);
        const both = PF.write | PF.execute;
        expect(elf.segments.filter(({ flags }) => (flags & both) === both)).toEqual([]);
    });

    it("is stripped, and holds nothing of the machine that built it", () => {
        const names = elf.sections.map(({ name }) => name);
        expect(names.filter((name) => /^\.(symtab|debug)/.test(name))).toEqual([]);
        for (const text of [root, process.env.HOME ?? root, "zig-cache", "zig-pkg"]) {
            if (text.length > 1) expect(bytes.includes(text), text).toBe(false);
        }
    });

    it("is small", () => {
        // The bar is for riscv64; this keeps the other one near it.
        expect(bytes.length).toBeLessThanOrEqual(board === "maixcam" ? 1_300_000 : 1_450_000);
    });
});

withBuilds("dist/maixcam/maixjs", () => {
    it("asks for rv64gc and holds no vector or vendor instruction", () => {
        const elf = readElf(readFileSync(executableOf("maixcam")));
        const extensions = riscvArch(elf)
            .split("_")
            .map((word) => word.replace(/\d+p\d+$/, ""));
        expect(extensions).toEqual(expect.arrayContaining(["rv64i", "m", "a", "f", "d", "c"]));
        expect(extensions.filter((name) => /^(v|zv|x)/.test(name))).toEqual([]);
        const text = code(elf);
        expect(text.length).toBeGreaterThan(0);
        for (const part of text) expect(beyondRv64gc(part)).toEqual([]);
    });
});

describe("the search for vector instructions", () => {
    const words = (...values: number[]): Buffer => {
        const bytes = Buffer.alloc(values.length * 4);
        for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
        return bytes;
    };

    it("finds them, behind compressed ones too", () => {
        const add = 0x00b50533;
        const vsetvli = 0x0d0072d7;
        const vle8 = 0x02050407;
        const thExtension = 0x0000100b;
        expect(beyondRv64gc(words(add, vsetvli, add, vle8))).toEqual([4, 12]);
        expect(beyondRv64gc(words(thExtension))).toEqual([0]);
        const compressedNop = Buffer.from([0x01, 0x00]);
        expect(beyondRv64gc(Buffer.concat([compressedNop, words(vsetvli)]))).toEqual([2]);
    });

    it("takes the scalar loads and stores for what they are", () => {
        const [flw, fld, fsw, fsd] = [0x00052507, 0x00053507, 0x00a52027, 0x00a53027];
        expect(beyondRv64gc(words(flw, fld, fsw, fsd))).toEqual([]);
    });
});

withBuilds.each(boards)("the tarball of %s", (board) => {
    function tar(...args: string[]): string {
        const ended = spawnSync("tar", args, { encoding: "utf8", maxBuffer: 64 << 20 });
        expect(ended.stderr).toBe("");
        return ended.stdout;
    }

    it("holds the executable, the board's esbuild, and the licences of what is inside", () => {
        const folder = `maixjs-${version}-${board}`;
        const names = tar("-tzf", tarballOf(board)).trim().split("\n");
        const packages = embeddedPackages();
        expect(packages).toContain("@jridgewell/trace-mapping");
        const licences = ["QuickJS-ng", "Zig", "esbuild", "musl", ...packages];
        const expected = [
            "",
            "LICENSE",
            "esbuild",
            "licences/",
            ...licences.map((name) => `licences/${name.replaceAll("/", "-")}.txt`),
            "maixjs",
        ];
        expect(names).toEqual(expected.map((name) => `${folder}/${name}`).sort());
    });

    it("says nothing of who packed it, or when", () => {
        const lines = tar("-tvzf", tarballOf(board), "--numeric-owner", "--utc").trim().split("\n");
        for (const line of lines) {
            expect(line).toMatch(/^(-rwxr-xr-x|-rw-r--r--|drwxr-xr-x) 0\/0 +\d+ 1980-01-01 00:00 /);
        }
        // gzip's header: no name, no time.
        const header = readFileSync(tarballOf(board)).subarray(3, 8);
        expect([...header]).toEqual([0, 0, 0, 0, 0]);
    });

    it("has the programs of that board", () => {
        const machine = board === "maixcam" ? machines.riscv : machines.aarch64;
        for (const name of ["maixjs", "esbuild"]) {
            const path = `maixjs-${version}-${board}/${name}`;
            const { stdout } = spawnSync("tar", ["-xzOf", tarballOf(board), path], {
                maxBuffer: 64 << 20,
            });
            expect(readElf(stdout).machine).toBe(machine);
            if (name === "maixjs")
                expect(stdout.equals(readFileSync(executableOf(board)))).toBe(true);
        }
    });
});

describe("the tests that are skipped under qemu-user", () => {
    it("are there", () => {
        const files = new Map(projectFiles().map(({ path, text }) => [path, text]));
        for (const { file, title } of notEmulated) expect(files.get(file), file).toContain(title);
    });
});

// SPDX-License-Identifier: MIT
// Bytecode: what `maixjs build -o app.jsc` makes, that it runs as the script does, and that nothing
// of it reaches the engine before it was checked.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { executable, projectRoot, run, writeFiles } from "../support/process.ts";
import { maixjs, temporaryFolder } from "../support/run.ts";

const HEAD_BYTES = 136;
const script = `import { twice } from "./lib/twice.ts";
interface Options { readonly word: string }
const options: Options = { word: "good" };
console.log(options.word, twice(21), import.meta.main, process.argv.slice(2).join());
if (process.argv[2] === "fail") twice(-1);
`;
const library = `export function twice(n: number): number {
    if (n < 0) throw new RangeError("negative");
    return 2 * n;
}
`;

let cwd: string;
beforeEach(() => {
    cwd = temporaryFolder();
    writeFiles(cwd, { "src/main.ts": script, "src/lib/twice.ts": library });
});

async function build(output = "app.jsc"): Promise<Buffer> {
    const built = await maixjs(["build", "src/main.ts", "-o", output], { cwd });
    expect([built.status, built.stdout, built.stderr]).toEqual([0, "", ""]);
    return readFileSync(join(cwd, output));
}

/** With the checksum that fits to what is there, as somebody could make it who knows the format. */
function sealed(container: Buffer): Buffer {
    const copy = Buffer.from(container);
    const end = HEAD_BYTES + Number(copy.readBigUInt64LE(80)) + Number(copy.readBigUInt64LE(88));
    createHash("sha256").update(copy.subarray(40, end)).digest().copy(copy, 8);
    return copy;
}

function changed(container: Buffer, change: (copy: Buffer) => void): Buffer {
    const copy = Buffer.from(container);
    change(copy);
    return copy;
}

describe("maixjs build -o app.jsc", () => {
    it("makes one file that runs anywhere, without esbuild", async () => {
        await build();
        expect(readdirSync(cwd).filter((name) => !name.startsWith("."))).toEqual([
            "app.jsc",
            "src",
        ]);
        renameSync(join(cwd, "src"), join(cwd, "gone"));
        const env = { MAIXJS_ESBUILD: "/nonexistent" };
        const ended = await maixjs(["app.jsc", "a", "b"], { cwd, env });
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        expect(ended.stdout).toBe("good 42 true a,b\n");
    });

    it("knows the positions of the TypeScript", async () => {
        await build();
        const ended = await maixjs(["app.jsc", "fail"], { cwd });
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(
            /RangeError: negative\n {4}at twice \(src\/lib\/twice\.ts:2:\d+\)\n {4}at .*src\/main\.ts:5:\d+/,
        );
    });

    it("shows the bundle's positions when the map is damaged, or cut off", async () => {
        const container = await build();
        const mapAt = container.indexOf('{\n  "version": 3');
        expect(mapAt).toBeGreaterThan(HEAD_BYTES);
        writeFileSync(
            join(cwd, "app.jsc"),
            changed(container, (copy) => copy.write("X", mapAt + 30)),
        );
        const damaged = await maixjs(["app.jsc", "fail"], { cwd });
        expect(damaged.stderr).toMatch(/RangeError: negative\n {4}at twice \(app\.jsc:\d+:\d+\)/);
        writeFileSync(join(cwd, "app.jsc"), container.subarray(0, mapAt));
        const cut = await maixjs(["app.jsc", "fail"], { cwd });
        expect(cut.stderr).toMatch(/RangeError: negative\n {4}at twice \(app\.jsc:\d+:\d+\)/);
    });

    it("can be piped, and knows its positions then, too", async () => {
        await build();
        const line = `"${executable}" - fail < app.jsc`;
        const ended = await run(["-c", line], { cwd, command: "sh" });
        expect([ended.status, ended.stdout]).toEqual([1, "good 42 true fail\n"]);
        expect(ended.stderr).toMatch(/at twice \(src\/lib\/twice\.ts:2:\d+\)/);
    });

    it("gives the same bytes again, and says nothing of this machine", async () => {
        const first = await build();
        const second = await build("app.jsc");
        expect(second.equals(first)).toBe(true);
        expect(first.includes(cwd)).toBe(false);
    });

    it("is the same on a PC and on a board", async () => {
        // Under qemu-user the executable is a board's, and this one the PC's.
        const host = join(projectRoot, "zig-out/bin/maixjs");
        const onHost = await run(["build", "src/main.ts", "-o", "app.jsc"], { cwd, command: host });
        expect(onHost.status).toBe(0);
        const made = readFileSync(join(cwd, "app.jsc"));
        expect((await maixjs(["app.jsc"], { cwd })).stdout).toBe("good 42 true \n");
        expect((await build()).equals(made)).toBe(true);
        expect((await run(["app.jsc"], { cwd, command: host })).stdout).toBe("good 42 true \n");
    });

    it("has import.meta of its own place", async () => {
        writeFiles(cwd, {
            "src/main.ts":
                "const m = import.meta; console.log(JSON.stringify([m.url, m.filename, m.dirname]));",
        });
        await build();
        const ended = await maixjs(["app.jsc"], { cwd });
        const path = join(cwd, "app.jsc");
        expect(JSON.parse(ended.stdout)).toEqual([`file://${path}`, path, cwd]);
    });

    it("keeps native modules, top-level await and errors of unknown modules", async () => {
        writeFiles(cwd, {
            "src/main.ts": `import { audio } from "maix";
                await new Promise((resolve) => setTimeout(resolve, 1));
                console.log(typeof audio.Recorder);`,
        });
        await build();
        expect((await maixjs(["app.jsc"], { cwd })).stdout).toBe("function\n");
        writeFiles(cwd, { "src/main.ts": 'import { x } from "maix:nothing"; console.log(x);' });
        await build();
        const ended = await maixjs(["app.jsc"], { cwd });
        expect(ended.status).toBe(1);
        expect(ended.stderr).toContain('there is no module "maix:nothing"');
    });

    it("tells what the engine does not take", async () => {
        writeFiles(cwd, { "src/main.ts": "console.log(/(?<a>.)(?<a>.)/v.source, /[z-a]/);" });
        const built = await maixjs(["build", "src/main.ts", "-o", "app.jsc"], { cwd });
        expect(built.status).toBe(1);
        expect(built.stderr).toMatch(/^maixjs: cannot compile to bytecode: SyntaxError: /m);
        expect(existsSync(join(cwd, "app.jsc"))).toBe(false);
    });
});

describe("bytecode that is not as it was written", () => {
    const damaged = /^maixjs: .*app\.jsc is damaged: .*\n$/;
    const foreign = /^maixjs: .*app\.jsc was built by another version \(maixjs .*build it again\n$/;

    it.each<[string, RegExp, (good: Buffer) => Buffer]>([
        ["empty", /is no bytecode of maixjs build\n$/, () => Buffer.alloc(0)],
        ["text", /is no bytecode of maixjs build\n$/, () => Buffer.from("console.log(1)")],
        ["cut in its head", damaged, (good) => good.subarray(0, 100)],
        ["cut in its code", damaged, (good) => good.subarray(0, HEAD_BYTES + 40)],
        ["cut in its map", damaged, (good) => good.subarray(0, -1)],
        ["too long", damaged, (good) => Buffer.concat([good, Buffer.from("x")])],
        ["of a changed code", damaged, (good) => changed(good, (b) => b.writeUInt8(1, 200))],
        ["of a changed checksum", damaged, (good) => changed(good, (b) => b.writeUInt8(1, 9))],
        [
            "of another container version",
            foreign,
            (good) => sealed(changed(good, (b) => b.writeUInt32LE(2, 40))),
        ],
        [
            "of another bytecode version",
            foreign,
            (good) => sealed(changed(good, (b) => b.writeUInt32LE(1, 44))),
        ],
        [
            "of another engine",
            foreign,
            (good) => sealed(changed(good, (b) => b.write("0.1.0\0", 48))),
        ],
        ["of another maixjs", foreign, (good) => sealed(changed(good, (b) => b.write("9", 64)))],
        [
            "of lengths beyond its end",
            damaged,
            (good) => changed(good, (b) => b.writeBigUInt64LE(2n ** 63n, 88)),
        ],
        [
            "of lengths that wrap",
            damaged,
            (good) => changed(good, (b) => b.writeBigUInt64LE(2n ** 64n - 1n, 80)),
        ],
        [
            "of a code that begins elsewhere",
            damaged,
            (good) =>
                sealed(
                    changed(good, (b) => {
                        b.writeBigUInt64LE(b.readBigUInt64LE(80) + 1n, 80);
                        b.writeBigUInt64LE(b.readBigUInt64LE(88) - 1n, 88);
                    }),
                ),
        ],
    ])("%s: one line, status 1, nothing runs", async (_, message, change) => {
        const container = await build();
        writeFileSync(join(cwd, "app.jsc"), change(container));
        const ended = await maixjs(["app.jsc"], { cwd });
        expect([ended.status, ended.stdout]).toEqual([1, ""]);
        expect(ended.stderr).toMatch(message);
    });
});

describe("the cache", () => {
    it("holds no script's text, and runs the same the first and the second time", async () => {
        writeFiles(cwd, {
            "main.ts": `// a comment of the source
                function f(): number { return 6 * 7; }
                console.log(f(), f.toString().includes("6 * 7"), f.name, f.length);
                if (process.argv[2]) throw new Error("late");`,
        });
        const first = await maixjs(["main.ts"], { cwd });
        const cache = join(cwd, ".cache/maixjs");
        const [entry = ""] = readdirSync(cache).filter((name) => name.endsWith(".entry"));
        expect(readFileSync(join(cache, entry), "latin1")).not.toContain("return 6");
        const second = await maixjs(["main.ts"], { cwd });
        expect(second).toEqual(first);
        expect(first.stdout).toBe("42 false f 0\n");
        const failed = await maixjs(["main.ts", "fail"], { cwd });
        expect(failed.stderr).toMatch(/Error: late\n {4}at main\.ts:4:\d+\n/);
    });

    it("makes an entry anew whose bytecode is another script's", async () => {
        writeFiles(cwd, { "a.ts": "console.log('a');", "b.ts": "console.log('b');" });
        await maixjs(["a.ts"], { cwd });
        const cache = join(cwd, ".cache/maixjs");
        const [entryOfA = ""] = readdirSync(cache).filter((name) => name.endsWith(".entry"));
        const a = readFileSync(join(cache, entryOfA), "latin1");
        await maixjs(["b.ts"], { cwd });
        const entries = readdirSync(cache).filter((name) => name.endsWith(".entry"));
        const entryOfB = entries.find((name) => name !== entryOfA) ?? "";
        const b = readFileSync(join(cache, entryOfB), "latin1");
        const head = b.slice(0, b.indexOf("\n\n") + 2);
        const mixed = head + a.slice(a.indexOf("\n\n") + 2);
        writeFileSync(join(cache, entryOfB), mixed, "latin1");
        expect((await maixjs(["b.ts"], { cwd })).stdout).toBe("b\n");
        expect(readFileSync(join(cache, entryOfB), "latin1")).toBe(b);
    });
});

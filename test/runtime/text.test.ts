// SPDX-License-Identifier: MIT
// TextEncoder and TextDecoder do what Node's do, on well-formed and on broken bytes.

import { afterAll, beforeAll, expect, it } from "vitest";

import { createFolder, run, writeFiles } from "../support/process.ts";

let folder: ReturnType<typeof createFolder>;
beforeAll(() => {
    folder = createFolder();
});
afterAll(() => folder.remove());

/** Runs the same code here and in maixjs; both log one JSON value. */
async function compare(code: string): Promise<void> {
    writeFiles(folder.work, { "script.js": `console.log(JSON.stringify((() => {${code}})()))` });
    const ended = await run(["script.js"], { cwd: folder.work });
    expect(ended.stderr).toBe("");
    const expected: unknown = new Function(code)();
    expect(JSON.parse(ended.stdout)).toEqual(JSON.parse(JSON.stringify(expected)));
}

it("encodes text, lone surrogates included", () =>
    compare(`return ["", "a", "äöü€😀", "\\ud800", "a\\udc00b\\ud83d"].map((t) =>
        [...new TextEncoder().encode(t)])`));

it("encodes into what has room for it", () =>
    compare(`return [0, 1, 2, 3, 4, 5, 9].map((n) => {
        const bytes = new Uint8Array(n);
        const { read, written } = new TextEncoder().encodeInto("a€😀b", bytes);
        return [read, written, [...bytes]];
    })`));

it("decodes broken bytes with as many replacements as the standard says", () =>
    compare(`return [[], [97], [0xc3, 0xa4], [0xc3], [0xe2, 0x82], [0xe2, 0x82, 65], [0xf0, 0x9f, 0x98],
        [0xf0, 0x9f, 0x98, 0x80], [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
        [0xff, 65], [0xe0, 0x9f, 0x80], [0xef, 0xbb, 0xbf, 65], [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf]]
        .map((b) => new TextDecoder().decode(new Uint8Array(b)))`));

it("decodes random bytes, in pieces, as in one", () =>
    compare(`let seed = 7;
        const next = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 16;
        const all = [];
        for (let i = 0; i < 300; i++) {
            const bytes = Uint8Array.from({ length: next() % 12 }, () => 0x70 + (next() % 0x90));
            const cut = next() % (bytes.length + 1);
            const decoder = new TextDecoder();
            all.push(decoder.decode(bytes.subarray(0, cut), { stream: true })
                + decoder.decode(bytes.subarray(cut)) , new TextDecoder().decode(bytes));
        }
        return all;`));

it("keeps or drops the byte order mark, and is fatal when asked", () =>
    compare(`const bom = new Uint8Array([0xef, 0xbb, 0xbf, 65]);
        const fatal = new TextDecoder("UTF-8", { fatal: true });
        const names = [];
        try { fatal.decode(new Uint8Array([0xff])); } catch (e) { names.push(e.name); }
        try { new TextDecoder("latin-9x"); } catch (e) { names.push(e.name); }
        return [new TextDecoder("utf8", { ignoreBOM: true }).decode(bom), fatal.decode(bom), names,
            new TextDecoder().encoding, fatal.fatal, fatal.ignoreBOM,
            new TextDecoder().decode(new DataView(bom.buffer, 3)),
            new TextDecoder().decode(new Uint16Array([0x4241])),
            new TextDecoder().decode(bom.buffer)]`));

it("sees a buffer as long as it is now", () =>
    compare(`const buffer = new ArrayBuffer(4, { maxByteLength: 16 });
        const bytes = new Uint8Array(buffer);
        const into = (text) => Object.values(new TextEncoder().encodeInto(text, bytes));
        const all = [into("abcdefgh")];
        buffer.resize(2);
        all.push(into("ABCDEFGH"), new TextDecoder().decode(bytes));
        buffer.resize(8);
        all.push(new TextDecoder().decode(bytes), into("12345678"), new TextDecoder().decode(bytes));
        return all`));

it("leaves nothing behind when the destination is detached", async () => {
    // Node takes it for an empty one; we throw, and only there.
    writeFiles(folder.work, {
        "script.js": `const bytes = new Uint8Array(4);
            bytes.buffer.transfer();
            try {
                console.log(new TextEncoder().encodeInto("abc", bytes));
            } catch (error) {
                console.log(error.name);
            }
            console.log("goes on");`,
    });
    const ended = await run(["script.js"], { cwd: folder.work });
    expect(ended).toMatchObject({ status: 0, stdout: "TypeError\ngoes on\n", stderr: "" });
});

it("throws for what has no bytes", () =>
    compare(`const name = (call) => { try { return ["no error", call()]; } catch (e) { return e.name; } };
        return [{}, "text", 1, null].map((value) => name(() => new TextDecoder().decode(value)))
            .concat([{}, new Uint16Array(2), undefined].map((value) =>
                name(() => new TextEncoder().encodeInto("a", value))))`));

it("keeps its classes apart from a worker's own", async () => {
    writeFiles(folder.work, {
        "worker.js": `import { Worker } from "qjs:os";
            const wrong = (call) => { try { call(); return "no error"; } catch (e) { return e.name; } };
            Worker.parent.postMessage([
                new TextDecoder().decode(new TextEncoder().encode("ä")),
                wrong(() => Worker.prototype.postMessage.call(new TextEncoder(), 1)),
                wrong(() => TextEncoder.prototype.encode.call(Worker.parent, "a")),
            ]);`,
        "script.js": `import { Worker } from "qjs:os";
            const worker = new Worker("./worker.js");
            worker.onmessage = ({ data }) => {
                worker.onmessage = null;
                console.log(JSON.stringify(data));
            };`,
    });
    const ended = await run(["script.js"], { cwd: folder.work });
    expect(ended).toMatchObject({
        status: 0,
        stdout: '["ä","TypeError","TypeError"]\n',
        stderr: "",
    });
});

// SPDX-License-Identifier: MIT
// A call that waits writes whole blocks: each piece more would cost a write and a header.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, executable, run, writeFiles } from "../support/process.ts";
import { hasTool } from "../support/tools.ts";

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => folder.remove());

const FRAMES = 16_000; // 2 s
const BLOCK_FRAMES = 400; // 50 ms
// The header comes first; the first piece is small; the ring has an end now and then.
const PIECES_MAX = FRAMES / BLOCK_FRAMES + 8;

describe.skipIf(!hasTool("strace"))("whole blocks", () => {
    it.each([
        ["save()", "r.save(2000);"],
        ["record() of several blocks", "for (let i = 0; i < 4; i++) r.record(500);"],
        ["recordBytes() of a block", "for (let i = 0; i < 40; i++) r.recordBytes(800);"],
    ])("are written by %s, though a block is no multiple of a period", async (_, calls) => {
        writeFiles(folder.work, {
            "main.js": `import { audio } from "maix";
const r = new audio.Recorder("a.wav", { device: "sim:ramp", sampleRate: 8000, periodSize: 160 });
${calls}
r.close();
`,
        });
        const log = join(folder.work, "log");
        const args = ["-f", "-qq", "-e", "trace=pwrite64,pwritev", "-o", log, executable];
        const ended = await run([...args, "main.js"], { cwd: folder.work, command: "strace" });
        expect(ended.stderr).toBe("");
        expect(ended.status).toBe(0);
        // Not the headers, which begin at 0.
        const writes = readFileSync(log, "utf8").match(/pwrite.*, [1-9]\d*\)? /g) ?? [];
        expect(writes.length).toBeGreaterThanOrEqual(FRAMES / BLOCK_FRAMES - 1);
        expect(writes.length).toBeLessThanOrEqual(PIECES_MAX);
        expect(readFileSync(join(folder.work, "a.wav")).length).toBe(44 + 2 * FRAMES);
    });
});

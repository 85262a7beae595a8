// SPDX-License-Identifier: MIT
// Real packages of npm, bundled and run: what a user would take. Here, and (toolchain/test.mjs) with
// the boards' executables under qemu-user.

import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, type Ended, projectRoot, run, writeFiles } from "../support/process.ts";

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder = createFolder();
    symlinkSync(join(projectRoot, "node_modules"), join(folder.work, "node_modules"));
});
afterEach(() => folder.remove());

function script(text: string, files: Readonly<Record<string, string>> = {}): Promise<Ended> {
    writeFiles(folder.work, { "script.ts": text, ...files });
    return run(["script.ts"], { cwd: folder.work });
}

describe("packages of npm", () => {
    it("fft.js, which has only a main field", async () => {
        const text = readFileSync(join(projectRoot, "node_modules/fft.js/package.json"), "utf8");
        const { main, module, exports } = JSON.parse(text) as Record<string, unknown>;
        expect([typeof main, typeof module, typeof exports]).toEqual([
            "string",
            "undefined",
            "undefined",
        ]);
        const ended = await script(`
            import FFT from "fft.js";
            const size = 1024;
            const fft = new FFT(size);
            const tone = Array.from({ length: size }, (_, i) => Math.sin((2 * Math.PI * 37 * i) / size));
            const out = fft.createComplexArray();
            fft.realTransform(out, tone);
            let best = 0;
            const power = (i: number): number => out[2 * i] ** 2 + out[2 * i + 1] ** 2;
            for (let i = 1; i < size / 2; i++) if (power(i) > power(best)) best = i;
            console.log(best, Math.sqrt(power(best)).toFixed(3));
        `);
        expect([ended.stderr, ended.stdout, ended.status]).toEqual(["", "37 512.000\n", 0]);
    });

    it("zod", async () => {
        const ended = await script(`
            import { z } from "zod";
            const Take = z.object({ path: z.string().endsWith(".wav"), rate: z.number().int().positive(), tags: z.array(z.string()).default([]) });
            console.log(JSON.stringify(Take.parse({ path: "a.wav", rate: 16000 })));
            const bad = Take.safeParse({ path: "a.mp3", rate: -1 });
            console.log(bad.success, bad.error?.issues.map((issue) => issue.path.join(".")).join());
            try { Take.parse(5); } catch (error) { console.log(error instanceof z.ZodError); }
        `);
        expect([ended.stderr, ended.stdout, ended.status]).toEqual([
            "",
            '{"path":"a.wav","rate":16000,"tags":[]}\nfalse path,rate\ntrue\n',
            0,
        ]);
    });

    it("date-fns", async () => {
        const ended = await script(`
            import { addDays, differenceInCalendarDays, format, parseISO } from "date-fns";
            const day = parseISO("2026-02-27T10:00:00");
            console.log(format(addDays(day, 2), "yyyy-MM-dd EEEE"), differenceInCalendarDays(parseISO("2026-03-01"), day));
        `);
        expect([ended.stderr, ended.stdout, ended.status]).toEqual([
            "",
            "2026-03-01 Sunday 2\n",
            0,
        ]);
    });
});

describe("files that are imported", () => {
    it("may be JSON, text, bytes, and modules that are needed later", async () => {
        const ended = await script(
            `
            import data from "./data.json" with { type: "json" };
            import { version } from "./data.json";
            import text from "./note.txt";
            import bytes from "./note.txt" with { type: "bytes" };
            console.log(data.list, version, JSON.stringify(text), bytes);
            const { later } = await import("./later.ts");
            const name: string = "maix:time";
            console.log(later(), typeof (await import(name)).ticksMs);
        `,
            {
                "data.json": '{ "version": 3, "list": [1, { "a": null }] }',
                "note.txt": "grüß\n",
                "later.ts": "export const later = (): string => 'later';",
            },
        );
        expect(ended.stderr).toBe("");
        expect(ended.stdout).toBe(
            '[ 1, { a: null } ] 3 "grüß\\n" Uint8Array(7) [\n  103, 114, 195,\n  188, 195, 159,\n   10\n]\nlater function\n',
        );
    });

    it("let go of what `using` holds", async () => {
        const ended = await script(`
            {
                using a = { [Symbol.dispose]() { console.log("a"); } };
                await using b = { async [Symbol.asyncDispose]() { await null; console.log("b"); } };
                console.log("inside", typeof a, typeof b);
            }
            console.log("outside");
        `);
        expect([ended.stderr, ended.stdout]).toEqual(["", "inside object object\nb\na\noutside\n"]);
    });
});

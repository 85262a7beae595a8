// SPDX-License-Identifier: MIT
// What is built while files are being written: never half of a save, never anything stale.

import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { changedPaths, Watcher } from "../../../ts/core/watch.ts";
import { type Build, Builder, type Waits } from "../../../ts/core/watch_build.ts";
import { createFolder, writeFiles } from "../../support/process.ts";

let folder: ReturnType<typeof createFolder>;
let builder: Builder | undefined;
beforeEach(() => {
    folder = createFolder();
});
afterEach(() => {
    vi.restoreAllMocks();
    builder?.close();
    folder.remove();
});

const at = (name: string): string => join(folder.work, name);

/** Long enough that a test which waits for it does not pass. */
const NEVER_MS = 3_600_000;

function build(waits: Waits): Builder {
    builder = new Builder(at("main.ts"), false, waits);
    return builder;
}

const codeOf = (made: Build | undefined): string => made?.code?.toString().split("//#")[0] ?? "";

/** Until the builder has looked at the files that often. */
async function looks(count: number): Promise<void> {
    const look = vi.spyOn(Watcher.prototype, "look");
    await vi.waitFor(() => expect(look.mock.calls.length).toBeGreaterThanOrEqual(count), {
        timeout: 30_000,
    });
    look.mockRestore();
}

describe("a save that seems to go on is waited for:", () => {
    const cases: readonly (readonly [string, string, string])[] = [
        ["nothing so far", "", "2"],
        ["the beginning of what was there", 'console.log("a");\n', "2"],
        ["a last line without its end", 'console.log("a");\nconsole.log("x")', "2"],
        ["what is no program", 'console.log("a");\nconsole.log("x"\n', "2"],
    ];
    for (const [name, half] of cases) {
        it(name, async () => {
            writeFiles(folder.work, { "main.ts": 'console.log("a");\nconsole.log("b");\n' });
            const one = build({ cutMs: NEVER_MS, errorMs: NEVER_MS });
            expect(codeOf(await one.next())).toContain('"b"');
            const next = one.next();
            writeFileSync(at("main.ts"), half);
            await looks(6);
            writeFileSync(at("main.ts"), 'console.log("whole");\n');
            expect(codeOf(await next)).toContain('"whole"');
        });
    }

    it("but not for ever", async () => {
        writeFiles(folder.work, { "main.ts": 'console.log("a");\n' });
        const one = build({ cutMs: 1, errorMs: 1 });
        await one.next();
        writeFileSync(at("main.ts"), "");
        expect(codeOf(await one.next())).toBe("");
        writeFileSync(at("main.ts"), "oops(");
        expect(await one.next()).toMatchObject({ code: undefined });
    });

    it("and nothing else is", async () => {
        writeFiles(folder.work, { "main.ts": 'console.log("a");\nconsole.log("b");\n' });
        const one = build({ cutMs: NEVER_MS, errorMs: NEVER_MS });
        await one.next();
        writeFileSync(at("main.ts"), 'console.log("b");\n');
        expect(codeOf(await one.next())).toContain('"b"');
    });
});

it("closing ends what waits", async () => {
    writeFiles(folder.work, { "main.ts": "1;\n" });
    const one = build({ cutMs: NEVER_MS, errorMs: NEVER_MS });
    await one.next();
    const next = one.next();
    one.close();
    expect(await next).toBeUndefined();
});

describe("files are compared by content", () => {
    let events = 0;
    let watcher: Watcher;
    beforeEach(() => {
        events = 0;
        watcher = new Watcher(() => {
            events++;
        });
    });
    afterEach(() => watcher.close());

    it("also when size and time stay the same", () => {
        writeFiles(folder.work, { a: "one" });
        utimesSync(at("a"), 1e9, 1e9);
        watcher.watch({ files: [at("a")], absent: [] });
        const before = watcher.look();
        expect(changedPaths(before, watcher.look())).toEqual([]);
        writeFileSync(at("a"), "two");
        utimesSync(at("a"), 1e9, 1e9);
        expect(changedPaths(before, watcher.look())).toEqual([at("a")]);
        writeFileSync(at("a"), "one");
        expect(changedPaths(before, watcher.look())).toEqual([]);
    });

    it("and by what they are: missing, a folder, a link to another", () => {
        writeFiles(folder.work, { a: "one", b: "two" });
        symlinkSync("a", at("link"));
        watcher.watch({ files: [at("link")], absent: [at("gone"), at("x/y/z")] });
        const before = watcher.look();
        rmSync(at("link"));
        symlinkSync("b", at("link"));
        writeFiles(folder.work, { "gone/x": "", "x/y/z": "" });
        const changed = [at("gone"), at("link"), at("x/y/z")];
        expect(changedPaths(before, watcher.look()).sort()).toEqual(changed);
    });

    it("and what happens rings, also in folders that were not there and came anew", async () => {
        writeFiles(folder.work, { "d/a": "1" });
        watcher.watch({ files: [at("d/a")], absent: [at("new/deep/file")] });
        const rings = async (act: () => void): Promise<void> => {
            const before = events;
            act();
            await vi.waitFor(() => expect(events).toBeGreaterThan(before), { timeout: 30_000 });
        };
        await rings(() => writeFileSync(at("d/a"), "2"));
        await rings(() => writeFiles(folder.work, { "new/deep/file": "1" }));
        watcher.watch({ files: [at("d/a"), at("new/deep/file")], absent: [] });
        await rings(() => writeFileSync(at("new/deep/file"), "2"));
        await rings(() => {
            renameSync(at("d"), at("old"));
            writeFiles(folder.work, { "d/a": "3" });
        });
        await rings(() => writeFileSync(at("d/a"), "4"));
    });
});

// SPDX-License-Identifier: MIT
// Fetching what a run wrote. The board's half runs for real, on this machine; ssh is in
// test/ts/cli/run.test.ts. And a board that lies.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import {
    existsSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Fetcher } from "../../../ts/core/fetch.ts";
import { compilePattern, shownName, whyUnsafe } from "../../../ts/core/fetch_names.ts";
import { BoardPlace } from "../../../ts/core/session_place.ts";
import type { Device } from "../../../ts/core/ssh.ts";
import { createFolder, executable, writeFiles } from "../../support/process.ts";

let folder: ReturnType<typeof createFolder>;
let board: string;
let into: string;
let said: string;

beforeEach(() => {
    folder = createFolder();
    board = join(folder.work, "board");
    into = join(folder.work, "into");
    mkdirSync(board);
    said = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
        said += String(text);
        return true;
    });
});

afterEach(() => {
    vi.restoreAllMocks();
    folder.remove();
});

/** Stands for ssh: what is to run on the board runs here. */
function place(change = (command: readonly string[]): readonly string[] => command): BoardPlace {
    const device = {
        target: "board",
        spawn(command: readonly string[]): ChildProcessWithoutNullStreams {
            const [program = "", ...args] = change(command);
            return spawn(program, args, { env: { PATH: process.env.PATH, HOME: folder.work } });
        },
        connectionError: () => null,
    };
    return new BoardPlace(device as unknown as Device, executable);
}

function fetcher(patterns: readonly string[], from = place()): Fetcher {
    return new Fetcher({ place: from, cwd: board, patterns, into });
}

/** A board that says this instead of what it has. */
function lyingPlace(list: readonly unknown[], content: Buffer): BoardPlace {
    const lines = [...list, { end: true }].map((one) => `${JSON.stringify(one)}\n`).join("");
    const files = { list: join(folder.work, "list"), get: join(folder.work, "get") };
    writeFileSync(files.list, `noise\nmaixjs-files 1\n${lines}`);
    writeFileSync(files.get, Buffer.concat([Buffer.from("maixjs-files 1\n"), content]));
    const program = `grep -q '"what":"list"' && cat ${files.list} || cat ${files.get}`;
    return place(() => ["sh", "-c", program]);
}

function piece(text: string): Buffer {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(text.length);
    return Buffer.concat([head, Buffer.from(text)]);
}

describe("what a run wrote", () => {
    it("is fetched, and nothing else", async () => {
        writeFiles(board, { "old.wav": "old", "changed.wav": "before", "notes.txt": "" });
        const one = fetcher(["*.wav"]);
        const before = await one.list();
        expect(before.map(({ path, size }) => [path, size])).toEqual([
            ["changed.wav", 6],
            ["old.wav", 3],
        ]);
        const large = Buffer.alloc(300_001, "0123456789\r\n\0");
        writeFiles(board, { "changed.wav": "after!", "more.txt": "x", "sub/deep.wav": "x" });
        writeFileSync(join(board, "new.wav"), large);
        writeFileSync(join(board, "empty.wav"), "");
        expect(await one.fetchNew(before)).toBe(true);
        expect(readdirSync(into).sort()).toEqual(["changed.wav", "empty.wav", "new.wav"]);
        expect(readFileSync(join(into, "new.wav")).equals(large)).toBe(true);
        expect(readFileSync(join(into, "changed.wav"), "utf8")).toBe("after!");
        expect(said).toContain("fetching 3 files");
        expect(said).toContain(`fetched ${join(into, "new.wav")} (300.0 kB)`);
    });

    it("is nothing: that is said", async () => {
        writeFiles(board, { "old.wav": "old" });
        const one = fetcher(["*.wav", "*.pcm"]);
        expect(await one.fetchNew(await one.list())).toBe(true);
        expect(said).toBe(
            "maixjs: nothing to fetch: the script wrote no file that matches *.wav *.pcm\n",
        );
        expect(existsSync(into)).toBe(false);
    });

    it("comes also from a working folder that was not there before, and from below it", async () => {
        const cwd = join(board, "not yet");
        const patterns = ["**/*.wav", "a/b?.txt"];
        const one = new Fetcher({ place: place(), cwd, into, patterns });
        const before = await one.list();
        expect(before).toEqual([]);
        writeFiles(cwd, { "x.wav": "1", "a/y.wav": "2", "a/b/z.wav": "3", "a/b1.txt": "4" });
        expect(await one.fetchNew(before)).toBe(true);
        expect(readFileSync(join(into, "a/b/z.wav"), "utf8")).toBe("3");
        expect(readdirSync(into, { recursive: true }).sort()).toEqual([
            ...["a", "a/b", "a/b/z.wav", "a/b1.txt", "a/y.wav", "x.wav"],
        ]);
    });

    it("may have any name, and takes the place of what has it here", async () => {
        const names = [
            "-rf.wav",
            "a b.wav",
            'it\'s "q".wav',
            "$(x) `y`;&.wav",
            "ünï 🎤.wav",
            "*.wav",
        ];
        for (const name of names) writeFileSync(join(board, name), name);
        mkdirSync(into);
        writeFileSync(join(into, "a b.wav"), "here");
        expect(await fetcher(["*.wav"]).fetchNew([])).toBe(true);
        for (const name of names) expect(readFileSync(join(into, name), "utf8")).toBe(name);
        expect(readdirSync(into)).toHaveLength(names.length);
        expect(said.match(/in place of an older one/g)).toHaveLength(1);
    });

    it("is left alone where it is no file, and told where it cannot be written here", async () => {
        writeFileSync(join(board, "real.wav"), "x");
        symlinkSync("real.wav", join(board, "link.wav"));
        mkdirSync(join(board, "folder.wav"));
        writeFileSync(join(board, "line\nend.wav"), "x");
        expect(await fetcher(["*.wav"]).fetchNew([])).toBe(false);
        expect(readdirSync(into)).toEqual(["real.wav"]);
        expect(said).toContain("not fetched: line\\u{a}end.wav: it has control characters");
    });

    it("is whole here or not at all", async () => {
        writeFiles(board, { "a.wav": "new" });
        mkdirSync(join(into, "a.wav/full"), { recursive: true });
        await expect(fetcher(["*.wav"]).fetchNew([])).rejects.toThrow(/not fetched: a\.wav/);
        expect(readdirSync(into)).toEqual(["a.wav"]);
    });
});

describe("a board that lies", () => {
    const file = (path: string) => ({ path, size: 1, stamp: "x" });

    it("writes nothing outside of the folder", async () => {
        mkdirSync(into);
        mkdirSync(join(folder.work, "elsewhere"));
        symlinkSync("../elsewhere", join(into, "link"));
        const evil = ["../up.wav", "/tmp/abs.wav", "a/../../up.wav", "./x.wav", "a//b.wav", ""];
        const lies = lyingPlace(evil.map(file), piece("evil"));
        expect(await fetcher(["**/*.wav", "*.wav"], lies).fetchNew([])).toBe(true); // none matches
        const more = lyingPlace([file("link/x.wav")], piece("evil"));
        await expect(fetcher(["link/*.wav"], more).fetchNew([])).rejects.toThrow(/is not a folder/);
        expect(readdirSync(into)).toEqual(["link"]);
        expect(readdirSync(join(folder.work, "elsewhere"))).toEqual([]);
        expect(existsSync(join(folder.work, "up.wav"))).toBe(false);
    });

    it("does not follow a link that has the file's name", async () => {
        mkdirSync(into);
        writeFileSync(join(folder.work, "precious"), "precious");
        symlinkSync("../precious", join(into, "a.wav"));
        const end = Buffer.alloc(4);
        const lies = lyingPlace([file("a.wav")], Buffer.concat([piece("new"), end]));
        expect(await fetcher(["*.wav"], lies).fetchNew([])).toBe(true);
        expect(readFileSync(join(folder.work, "precious"), "utf8")).toBe("precious");
        expect(lstatSync(join(into, "a.wav")).isFile()).toBe(true);
    });

    it("that stops in the middle of a file leaves none", async () => {
        const lies = lyingPlace([file("a.wav")], piece("half"));
        await expect(fetcher(["*.wav"], lies).fetchNew([])).rejects.toThrow(/connection ended/);
        expect(readdirSync(into)).toEqual([]);
    });

    it("is not believed when its answer makes no sense", async () => {
        const huge = Buffer.from([0x7f, 0, 0, 0]);
        await expect(
            fetcher(["*.wav"], lyingPlace([file("a.wav")], huge)).fetchNew([]),
        ).rejects.toThrow(/makes no sense/);
        expect(readdirSync(into)).toEqual([]);
        for (const answer of [{ path: 5 }, null, 5]) {
            const bad = lyingPlace([answer], huge);
            await expect(fetcher(["*.wav"], bad).list()).rejects.toThrow(/makes no sense/);
        }
    });

    it("or has no maixjs is told so", async () => {
        const none = place(() => ["echo", "maixjs-board missing /usr/bin/maixjs"]);
        await expect(fetcher(["*.wav"], none).list()).rejects.toThrow(/no maixjs on board/);
        const mute = place(() => ["sh", "-c", "echo some reason >&2; exit 255"]);
        await expect(fetcher(["*.wav"], mute).list()).rejects.toThrow(/some reason/);
    });

    it("may have lost one of its files meanwhile", async () => {
        writeFiles(board, { "b.wav": "b" });
        const gone = { path: "a.wav", size: 1, stamp: "" };
        const real = place();
        const lies = lyingPlace([gone, { ...gone, path: "b.wav" }], Buffer.alloc(0));
        let asked = 0;
        const run = (args: readonly string[]) => (asked++ ? real : lies).run(args);
        const both = { run, explain: real.explain.bind(real) } as BoardPlace;
        const one = fetcher(["*.wav"], both);
        expect(await one.fetchNew([])).toBe(false);
        expect(readdirSync(into)).toEqual(["b.wav"]);
        expect(said).toMatch(/not fetched: a\.wav: No such file/);
    });
});

describe("patterns", () => {
    const matches = (pattern: string, ...names: string[]): string[] =>
        names.filter((name) => compilePattern(pattern)?.test(name));

    it("are those of a shell", () => {
        expect(matches("*.wav", "a.wav", ".wav", ".a.wav", "a.wav2", "d/a.wav")).toEqual(["a.wav"]);
        expect(matches("**/*.wav", "a.wav", "d/a.wav", "d/e/a.wav", ".d/a.wav")).toEqual([
            ...["a.wav", "d/a.wav", "d/e/a.wav"],
        ]);
        expect(matches("d/*", "d/a", "d/.a", "d/e/a", "d")).toEqual(["d/a"]);
        expect(matches("d/**/x", "d/x", "d/e/f/x", "dx")).toEqual(["d/x", "d/e/f/x"]);
        expect(matches(".*", ".a", "a")).toEqual([".a"]);
        expect(matches("t?ke[0-9][!x].w+(a)", "take1a.w+(a)", "take1x.w+(a)")).toEqual([
            "take1a.w+(a)",
        ]);
        expect(matches("a[", "a[", "a")).toEqual(["a["]);
        expect(matches("🎤?", "🎤🎤")).toEqual(["🎤🎤"]);
    });

    it("lead nowhere else", () => {
        for (const pattern of ["", "/a", "../a", "a/../b", ".", "a/.", "[z-a]", "a".repeat(1001)]) {
            expect(compilePattern(pattern), pattern).toBeUndefined();
        }
        expect(() => fetcher(["../*"])).toThrow(/no pattern of files/);
    });
});

describe("names", () => {
    it("that other systems take for something else are refused there", () => {
        for (const name of ["CON", "nul.wav", "a:b.wav", "a\\b", "dot.", "com1/x"]) {
            expect(whyUnsafe(name, "win32"), name).toMatch(/Windows/);
            expect(whyUnsafe(name, "linux"), name).toBeUndefined();
        }
        expect(whyUnsafe("content.wav", "win32")).toBeUndefined();
        for (const name of ["../a", "a/..", "/a", "a//b", "", "a/"]) {
            expect(whyUnsafe(name), name).toBeDefined();
        }
    });

    it("do nothing to a terminal", () => {
        expect(shownName("a\u001b[2Jb\n\u202ec")).toBe("a\\u{1b}[2Jb\\u{a}\\u{202e}c");
    });
});

// SPDX-License-Identifier: MIT
// The sample project under examples/ knows all types; what is not there is an error.

import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    realpathSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";

import { describe, expect, it } from "vitest";

import { projectRoot } from "../support/process.ts";
import { checkSource, runTsc } from "./tsc.ts";

describe("the sample project", () => {
    it("has no type errors", () => {
        expect(runTsc(["--noEmit", "-p", join(projectRoot, "examples")])).toBe("");
    });

    it("takes its types from the file that package.json names", () => {
        const text = readFileSync(join(projectRoot, "package.json"), "utf8");
        const { types } = JSON.parse(text) as { readonly types?: unknown };
        expect(types).toBe("modules/index.d.ts");
        expect(existsSync(join(projectRoot, "modules/index.d.ts"))).toBe(true);
    });
});

describe("the package's types", () => {
    it("reach every .d.ts of the project", () => {
        const reached = new Set<string>();
        const queue = ["modules/index.d.ts"];
        for (const path of queue) {
            reached.add(path);
            const text = readFileSync(join(projectRoot, path), "utf8");
            for (const [, name = ""] of text.matchAll(/^\/\/\/ <reference path="([^"]+)"/gm)) {
                const next = normalize(join(dirname(path), name));
                if (!queue.includes(next)) queue.push(next);
            }
        }
        const own = ["modules", "runtime"].flatMap((folder) =>
            readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
                .filter((name) => name.endsWith(".d.ts"))
                .map((name) => join(folder, name)),
        );
        expect([...reached].sort()).toEqual([...own, "ts/config.d.ts"].sort());
    });

    it('are found by "types": ["maixjs"] in a project that installed it', () => {
        const folder = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-user-")));
        try {
            mkdirSync(join(folder, "node_modules"));
            symlinkSync(projectRoot, join(folder, "node_modules/maixjs"));
            const compilerOptions = {
                lib: ["esnext"],
                types: ["maixjs"],
                strict: true,
                noEmit: true,
            };
            writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
            const script = 'import { audio } from "maix"; console.log(new audio.Recorder().state);';
            writeFileSync(join(folder, "script.ts"), script);
            expect(runTsc(["-p", folder])).toBe("");
            writeFileSync(join(folder, "script.ts"), script.replace("state", "stat"));
            expect(runTsc(["-p", folder])).toContain("'stat'");
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});

describe("a script of a user", () => {
    it("may use everything there is", () => {
        const source = `
            import { app, audio, time } from "maix";
            import { Recorder, type AudioChunk } from "maix:audio";
            import * as std from "qjs:std";
            import { in as input, type FILE } from "qjs:std";
            import * as os from "qjs:os";
            import * as bjson from "qjs:bjson";
            using r = new Recorder("a.wav", { block: false, onOverrun: "silence" });
            const bytes: Uint8Array<ArrayBuffer> = r.record(50);
            const again = new audio.Recorder({ path: "b.wav", format: audio.Format.FMT_S24_3LE });
            for await (const c of again.stream({ frames: 480 })) {
                const chunk: AudioChunk = c;
                console.log(chunk.level().peakDbfs, chunk.i16()[0]);
            }
            const file: FILE | null = std.open("x", "w");
            const line: string | null = input.getline();
            const id: number = setTimeout((text: string) => console.log(text), 10, "later");
            clearTimeout(id);
            const [stat, errno] = os.stat("x");
            if (stat !== null) console.log(stat.size, errno);
            console.log(bytes, file?.tell(), line, bjson.write({}, 0).byteLength, time.ticksMs());
            console.log(import.meta.filename, process.argv[1], process.env["HOME"], performance.now());
            console.log(new TextDecoder().decode(new TextEncoder().encode("x")), await os.sleepAsync(1));
            if (app.needExit()) process.exit(0);
        `;
        expect(checkSource(source)).toBe("");
    });

    it.each([
        ["the DOM", "document.title;", "document"],
        ["Node's globals", "Buffer.from([]);", "Buffer"],
        [
            "a misspelled module",
            'import "maix:audoi"; import { x } from "maix:audoi";',
            "maix:audoi",
        ],
        ["a misspelled export", 'import { Recoder } from "maix:audio";', "Recoder"],
        [
            "a misspelled member",
            'import { audio } from "maix"; new audio.Recorder().recrod();',
            "recrod",
        ],
        [
            "an unknown option",
            'import { audio } from "maix"; new audio.Recorder({ pth: "" });',
            "pth",
        ],
        [
            "a path of the wrong type",
            'import { audio } from "maix"; new audio.Recorder(3);',
            "RecorderOptions",
        ],
        ["a misspelled global's member", "console.lgo();", "lgo"],
        [
            "a null that is not looked at",
            'import * as s from "qjs:std"; s.open("x", "r").close();',
            "null",
        ],
    ])("may not use %s", (_, source, name) => {
        expect(checkSource(source)).toContain(name);
    });
});

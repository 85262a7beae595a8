// SPDX-License-Identifier: MIT
// The .d.ts files against the executable: every name that it has is declared, every name that is
// declared is there. tsc compares the names that a script in the executable has listed.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createFolder, run } from "../support/process.ts";
import { checkSource } from "./tsc.ts";

/** TypeScript for a type whose keys are compared, and JavaScript for the value that has them. */
interface Subject {
    readonly type: string;
    readonly value: string;
    /** Names that are there and undeclared on purpose, or declared and not there; with the reason. */
    readonly except?: Readonly<Record<string, string>>;
}

const modules = [
    "maix",
    "maix:audio",
    "maix:app",
    "maix:time",
    "maix:key",
    "maix:fs",
    "maix:sys",
    "maix:err",
    "maix:log",
    "qjs:std",
    "qjs:os",
    "qjs:bjson",
];

const declaredOnly = {
    Intl: "TypeScript's lib has it for all engines, QuickJS-ng has none",
    Temporal: "the same",
};

const undeclared = {
    InternalError: "the engine's own error class; scripts do not throw it",
};

const custom = {
    "Symbol(nodejs.util.inspect.custom)": "how console.log shows it; not for scripts to call",
};

const subjects: readonly Subject[] = [
    ...modules.map((name) => ({
        type: `typeof import("${name}")`,
        value: `await import("${name}")`,
    })),
    { type: "typeof globalThis", value: "globalThis", except: { ...declaredOnly, ...undeclared } },
    { type: "Console", value: "console" },
    { type: "Process", value: "process" },
    { type: "Performance", value: "performance" },
    { type: "ImportMeta", value: "import.meta" },
    { type: "TextEncoder", value: "TextEncoder.prototype" },
    {
        type: "TextEncoderEncodeIntoResult",
        value: 'new TextEncoder().encodeInto("", new Uint8Array(1))',
    },
    { type: "TextDecoder", value: "TextDecoder.prototype" },
    { type: "URL", value: "URL.prototype", except: custom },
    { type: "typeof URL", value: "ownStatics(URL)" },
    { type: "URLSearchParams", value: "URLSearchParams.prototype", except: custom },
    { type: "Event", value: 'new Event("x")', except: custom },
    { type: "CustomEvent", value: 'new CustomEvent("x")', except: custom },
    { type: "EventTarget", value: "EventTarget.prototype" },
    { type: "AbortSignal", value: "AbortSignal.prototype", except: custom },
    { type: "typeof AbortSignal", value: "ownStatics(AbortSignal)" },
    { type: "AbortController", value: "AbortController.prototype", except: custom },
    { type: "Crypto", value: "crypto" },
    { type: 'import("maix:audio").Recorder', value: "audio.Recorder.prototype" },
    { type: 'import("maix:audio").WavWriter', value: "audio.WavWriter.prototype" },
    { type: 'typeof import("maix:audio").Format', value: "audio.Format" },
    { type: 'import("maix:audio").AudioChunk', value: "chunk" },
    {
        type: 'import("maix:audio").AudioStream',
        value: "stream",
        except: { throw: "optional in the lib's AsyncIterator" },
    },
    { type: 'import("maix:audio").Level', value: "chunk.level()" },
    { type: 'import("maix:audio").RecorderStats', value: "recorder.stats()" },
    { type: 'import("maix:audio").Gap', value: "gap" },
    { type: 'import("maix:audio").RecorderHardware', value: "recorder.hardware()" },
    { type: 'import("maix:audio").RecorderSummary', value: "recorder.finish()" },
    { type: 'import("maix:audio").Devices', value: "audio.devices()" },
    { type: 'import("maix:audio").WavWriterSummary', value: "writer.finish()" },
    {
        type: 'import("maix:app").Version',
        value: "new app.Version()",
        except: { toString: "it stands on every object, and in TypeScript's too" },
    },
    { type: 'import("maix:time").DateTime', value: "time.now()" },
    { type: 'import("maix:time").FPS', value: "time.FPS.prototype" },
    { type: 'import("maix:key").Key', value: "key.Key.prototype" },
    { type: 'typeof import("maix:key").Keys', value: "key.Keys" },
    { type: 'typeof import("maix:key").State', value: "key.State" },
    { type: 'import("maix:fs").File', value: "new fs.File()" },
    { type: 'typeof import("maix:fs").SEEK', value: "fs.SEEK" },
    { type: 'typeof import("maix:err").Err', value: "err.Err" },
    {
        type: 'import("maix:err").Exception',
        value: "new err.Exception(1)",
        except: { toString: "the lib's Error leaves it to Object", cause: "optional in Error" },
    },
    { type: 'typeof import("maix:log").LogLevel', value: "log.LogLevel" },
    { type: 'import("qjs:std").FILE', value: "std.out" },
    { type: 'typeof import("qjs:std").Error', value: "std.Error" },
    { type: 'import("qjs:os").Stat', value: 'os.stat("/")[0]' },
    { type: 'import("qjs:os").Worker', value: "os.Worker.prototype" },
];

/**
 * Prints `[[name, …], …]`, a list for each subject: own and inherited names but Object's, and the
 * well-known symbols as `Symbol.<name>`.
 */
const listing = `
    import * as app from "maix:app";
    import * as audio from "maix:audio";
    import * as err from "maix:err";
    import * as fs from "maix:fs";
    import * as key from "maix:key";
    import * as log from "maix:log";
    import * as time from "maix:time";
    import * as std from "qjs:std";
    import * as os from "qjs:os";
    const device = "sim:ramp,pace=fast,xrun_at=100:7";
    const gapped = new audio.Recorder({ device, onOverrun: "mark" });
    gapped.record(100);
    const gap = gapped.stats().gaps[0];
    const recorder = new audio.Recorder({ device: "sim:ramp,pace=fast" });
    const stream = recorder.stream({ ms: 10 });
    const chunk = (await stream.next()).value;
    await stream.return();
    const writer = new audio.WavWriter("drift.wav");
    const asyncIterator = Object.getPrototypeOf(
        Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
    );
    const ends = [null, Object.prototype, Function.prototype, asyncIterator];
    const symbols = new Map(
        Object.getOwnPropertyNames(Symbol).map((name) => [Symbol[name], "Symbol." + name]),
    );
    function names(value) {
        const found = new Set();
        for (let at = value; !ends.includes(at); at = Object.getPrototypeOf(at)) {
            for (const key of Reflect.ownKeys(at)) {
                found.add(typeof key === "symbol" ? (symbols.get(key) ?? String(key)) : key);
            }
        }
        found.delete("constructor");
        found.delete("Symbol.toStringTag");
        return [...found].sort();
    }
    function ownStatics(made) {
        const { name, length, ...own } = Object.getOwnPropertyDescriptors(made);
        return Object.defineProperties({}, own);
    }
    const lists = [];
    ${subjects.map(({ value }) => `lists.push(names(${value}));`).join("\n    ")}
    console.log(JSON.stringify(lists));
`;

function asType(names: readonly string[]): string {
    const types = names.map((name) =>
        name.startsWith("Symbol.") ? `typeof ${name}` : JSON.stringify(name),
    );
    return types.length === 0 ? "never" : types.join(" | ");
}

/** The differences between what is there and what is declared; "" for none. */
function compare(type: string, real: readonly string[], except: readonly string[] = []): string {
    return checkSource(`
        declare function none<_Undeclared extends never>(): void;
        type Real = ${asType(real)};
        type Except = ${asType(except)};
        // A comparison with a type that is not there would find nothing.
        type Declared = keyof (${type});
        declare const declared: Declared;
        declare function isNever<T>(value: [T] extends [never] ? "no names are declared" : T): void;
        isNever<Declared>(declared);
        none<Exclude<Real, Declared | Except>>();
        none<Exclude<Declared, Real | Except>>();
        export {};
    `);
}

const folder = createFolder();
let lists: readonly (readonly string[])[] = [];

beforeAll(async () => {
    writeFileSync(join(folder.work, "list.mjs"), listing);
    const { status, stdout, stderr } = await run(["list.mjs"], { cwd: folder.work });
    if (status !== 0) throw new Error(`listing the names failed:\n${stderr}`);
    lists = JSON.parse(stdout) as string[][];
});

afterAll(() => {
    folder.remove();
});

describe("what is declared is there, and the other way round", () => {
    it.each(subjects.map((subject, index) => ({ ...subject, index })))("$type", (subject) => {
        const real = lists[subject.index] ?? [];
        expect(real.length).toBeGreaterThan(0);
        expect(compare(subject.type, real, Object.keys(subject.except ?? {}))).toBe("");
    });
});

describe("the comparison itself", () => {
    const type = 'import("maix:audio").Recorder';
    const real = (): readonly string[] =>
        lists[subjects.findIndex((subject) => subject.type === type)] ?? [];

    it("finds a member that is not declared", () => {
        expect(compare(type, [...real(), "invented"])).toContain('"invented"');
    });

    it("finds a declared member that is not there", () => {
        expect(
            compare(
                type,
                real().filter((name) => name !== "finish"),
            ),
        ).toContain('"finish"');
        expect(
            compare(
                type,
                real().filter((name) => name !== "Symbol.dispose"),
            ),
        ).toContain("unique symbol");
    });

    it("finds a module that is not declared", () => {
        expect(compare('typeof import("maix:invented")', ["a"])).toContain("maix:invented");
    });
});

// SPDX-License-Identifier: MIT
// formatError and mapStack: positions, chains, and values that do their worst.

import { runInNewContext } from "node:vm";

import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";

import { type ErrorContext, formatError, mapStack } from "../../../ts/runtime/errors.ts";
import { inspect } from "../../../ts/runtime/inspect.ts";

const BUNDLE = "/cache/ab12/bundle.js";

/** A two-line TypeScript file, bundled as the host bundles it, and its map. */
function bundled(source: string, sourcefile = "record.ts"): { code: string; map: string } {
    const result = buildSync({
        stdin: { contents: source, sourcefile, resolveDir: "/project/src", loader: "ts" },
        absWorkingDir: "/",
        bundle: true,
        write: false,
        format: "esm",
        target: "es2023",
        sourcemap: "external",
        sourcesContent: false,
        outfile: "/project/src/out.js",
    });
    const file = (end: string): string =>
        result.outputFiles.find((one) => one.path.endsWith(end))?.text ?? "";
    return { code: file(".js"), map: file(".map") };
}

/** Where `text` stands in the bundle, as the engine would say it. */
function positionOf(code: string, text: string): string {
    const before = code.slice(0, code.indexOf(text));
    const line = before.split("\n").length;
    return `${line}:${before.length - before.lastIndexOf("\n")}`;
}

function context(part: Partial<ErrorContext> = {}): ErrorContext {
    const base = { bundleName: BUNDLE, map: undefined, mapBase: "/project", cwd: "/project" };
    return { ...base, color: false, ...part };
}

/** An error whose stack is what QuickJS would give: frames only, no header. */
function engineError(stack: string, part: object = {}, message = "no such device"): Error {
    const error = new Error(message);
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
    return Object.assign(error, part);
}

const MAP = JSON.stringify({
    version: 3,
    sources: [
        "src/record.ts",
        "../lib/up.ts",
        "/abs/one.ts",
        "file:///abs/a%20b.ts",
        "%3Cstdin%3E",
        "100%.ts",
    ],
    names: [],
    // One line per source: column 0 is line 12, column 5 of the original.
    mappings: "AAWI;ACAA;ACAA;ACAA;ACAA;ACAA",
});

describe("positions", () => {
    it("shows frames of the bundle at their TypeScript positions", () => {
        const { code, map } = bundled(
            'interface A {}\n\nexport function loop(): never {\n  throw new Error("x");\n}\nloop();\n',
        );
        const stack = `    at loop (${BUNDLE}:${positionOf(code, "new Error")})\n    at <anonymous> (${BUNDLE}:${positionOf(code, "loop();")})\n`;
        const text = formatError(engineError(stack), context({ map, mapBase: "/project/src" }));
        expect(text).toBe(
            "Error: no such device\n    at loop (src/record.ts:4:9)\n    at src/record.ts:6:1",
        );
    });

    it.each([
        [1, "src/record.ts:12:5"],
        [2, "/lib/up.ts:12:5"],
        [3, "/abs/one.ts:12:5"],
        [4, "/abs/a b.ts:12:5"],
        [5, "<stdin>:12:5"],
        [6, "100%.ts:12:5"],
    ])("resolves the source of line %i", (line, place) => {
        expect(mapStack(`    at f (${BUNDLE}:${line}:1)`, context({ map: MAP }))).toBe(
            `    at f (${place})`,
        );
    });

    it("uses the position left of a column between two mappings", () => {
        expect(mapStack(`    at f (${BUNDLE}:1:99)`, context({ map: MAP }))).toBe(
            "    at f (src/record.ts:12:5)",
        );
    });

    it("does not name the function that esbuild puts around a CommonJS module", () => {
        const stack = `    at src/record.ts (${BUNDLE}:1:1)`;
        expect(mapStack(stack, context({ map: MAP }))).toBe("    at src/record.ts:12:5");
    });

    it("resolves sources in folders with characters that mean something in a URL", () => {
        const map = JSON.stringify({
            version: 3,
            sources: ["a%23b%3fc%2520d.ts"],
            names: [],
            mappings: "AAAA",
        });
        const text = mapStack(
            `    at f (${BUNDLE}:1:1)`,
            context({ map, mapBase: "/p q#r", cwd: "/" }),
        );
        expect(text).toBe("    at f (p q#r/a#b?c%20d.ts:1:1)");
    });

    it("honours sourceRoot", () => {
        const map = JSON.stringify({
            version: 3,
            sourceRoot: "deep",
            sources: ["x.ts"],
            names: [],
            mappings: "AAAA",
        });
        expect(mapStack(`    at ${BUNDLE}:1:1`, context({ map }))).toBe("    at deep/x.ts:1:1");
    });

    it("keeps frames that it cannot map, and shortens paths inside the working folder", () => {
        const stack = [
            "    at map (native)",
            "    at f (missing)",
            "    at <input>:1:4",
            "    at g (/project/plain.js:3:4)",
            "    at h (/elsewhere/plain.js:3:4)",
            "    at i (file:///project/url%20x.js:5:6)",
            `    at j (${BUNDLE}:77:1)`,
            `    at k (${BUNDLE}:0:0)`,
            "    at maix:audio:1:2",
            "what is this",
        ];
        expect(mapStack(stack.join("\n"), context({ map: MAP })).split("\n")).toEqual([
            "    at map (native)",
            "    at f (missing)",
            "    at <input>:1:4",
            "    at g (plain.js:3:4)",
            "    at h (/elsewhere/plain.js:3:4)",
            "    at i (url x.js:5:6)",
            `    at j (${BUNDLE}:77:1)`,
            `    at k (${BUNDLE}:0:0)`,
            "    at maix:audio:1:2",
            "what is this",
        ]);
    });

    it("copes with function names and paths that hold brackets and blanks", () => {
        expect(mapStack(`    at a (b) (${BUNDLE}:1:1)`, context({ map: MAP }))).toBe(
            "    at a (b) (src/record.ts:12:5)",
        );
        const odd = "/tmp/x (1)/bundle.js";
        expect(mapStack(`    at ${odd}:1:1`, context({ map: MAP, bundleName: odd }))).toBe(
            "    at src/record.ts:12:5",
        );
        expect(mapStack(`    at f (${odd}:1:1)`, context({ map: MAP, bundleName: odd }))).toBe(
            "    at f (src/record.ts:12:5)",
        );
    });

    it.each([
        ["absent", undefined],
        ["empty", ""],
        ["no JSON", "{"],
        ["null", "null"],
        ["an array", "[]"],
        ["a number", "3"],
        ["without mappings", '{"version":3,"sources":[]}'],
        ["with broken mappings", '{"version":3,"sources":["a.ts"],"names":[],"mappings":"!!!!"}'],
        [
            "with a source that is not there",
            '{"version":3,"sources":[],"names":[],"mappings":"AAAA"}',
        ],
        [
            "with a source that is null",
            '{"version":3,"sources":[null],"names":[],"mappings":"AAAA"}',
        ],
        [
            "with sources that are no strings",
            '{"version":3,"sources":[1,{}],"names":[],"mappings":"AAAA"}',
        ],
        ["that is a section map", '{"version":3,"sections":[]}'],
    ])("falls back to the unmapped stack when the map is %s", (_, map) => {
        const stack = `    at f (${BUNDLE}:1:1)\n`;
        expect(formatError(engineError(stack), context({ map }))).toMatch(
            /^Error: no such device\n {4}at f \(.*:1:1\)$/,
        );
    });

    it("cuts a stack that is too long", () => {
        const stack = "    at f (native)\n".repeat(5000);
        const lines = mapStack(stack, context()).split("\n");
        expect(lines.length).toBe(101);
        expect(lines.at(-1)).toBe("    … 4900 more lines");
    });
});

describe("headers", () => {
    it("puts the code of an error behind its name", () => {
        expect(formatError(engineError("", { code: "ENODEV" }), context())).toBe(
            "Error [ENODEV]: no such device",
        );
    });

    it("does not repeat a code that the message begins with", () => {
        const error = engineError("", { code: "ENOENT" }, "ENOENT: no such file");
        expect(formatError(error, context())).toBe("Error: ENOENT: no such file");
    });

    it.each([["a code\nwith lines"], [7], [{}], [""]])("ignores the code %j", (code) => {
        expect(formatError(engineError("", { code }), context())).toBe("Error: no such device");
    });

    it("shows an error without a message, and one of several lines", () => {
        expect(formatError(engineError("", {}, ""), context())).toBe("Error");
        expect(formatError(engineError("    at f (native)\n", {}, "a\nb"), context())).toBe(
            "Error: a\nb\n    at f (native)",
        );
    });

    it("names the class where the error has no name of its own", () => {
        class TakeError extends Error {}
        const error = new TakeError("lost");
        error.stack = "    at f (native)\n";
        expect(formatError(error, context())).toBe("TakeError: lost\n    at f (native)");
    });

    it("shows a syntax error of the engine at its place", () => {
        const error = new SyntaxError("unexpected token in expression: ';'");
        error.stack = "    at /project/bad.js:1:9\n";
        expect(formatError(error, context())).toBe(
            "SyntaxError: unexpected token in expression: ';'\n    at bad.js:1:9",
        );
    });

    it("shows a header once when the stack has one, and keeps other text in it", () => {
        const stack = "Error: no such device\n    at f (native)";
        expect(formatError(engineError(stack), context())).toBe(stack);
        expect(formatError(engineError("somebody's text"), context())).toBe(
            "Error: no such device\nsomebody's text",
        );
    });

    it("colours for a terminal, dims frames of libraries, and nothing else", () => {
        const esc = "\u001b";
        const text = formatError(
            engineError("    at f (native)\n    at g (/p/node_modules/l/i.js:1:2)\n", {
                code: "EIO",
            }),
            context({ color: true }),
        );
        expect(text).toBe(
            `${esc}[31mError [EIO]${esc}[0m: no such device\n    at f (native)\n` +
                `${esc}[2m    at g (/p/node_modules/l/i.js:1:2)${esc}[0m`,
        );
    });
});

describe("chains", () => {
    it("shows causes, mapped and indented", () => {
        const cause = engineError(`    at g (${BUNDLE}:1:1)\n`, { code: "EIO" }, "inner");
        const error = engineError("    at f (native)\n", {}, "outer");
        error.cause = cause;
        expect(formatError(error, context({ map: MAP }))).toBe(
            "Error: outer\n    at f (native)\n  [cause]: Error [EIO]: inner\n      at g (src/record.ts:12:5)",
        );
    });

    it("shows a cause that is no error, also undefined", () => {
        expect(formatError(engineError("", { cause: { a: 1 } }), context())).toContain(
            "[cause]: { a: 1 }",
        );
        expect(formatError(engineError("", { cause: undefined }), context())).toContain(
            "[cause]: undefined",
        );
    });

    it("ends cycles and long chains", () => {
        const error = engineError("", {}, "a");
        error.cause = engineError("", { cause: error }, "b");
        expect(formatError(error, context())).toBe(
            "Error: a\n  [cause]: Error: b\n    [cause]: [Circular]",
        );
        let deep = engineError("", {}, "bottom");
        for (let i = 0; i < 1000; i++) deep = engineError("", { cause: deep }, `level ${i}`);
        const lines = formatError(deep, context()).split("\n");
        expect(lines.length).toBe(9);
        expect(lines.at(-1)).toMatch(/\[cause\]: Error: level 991 …$/);
    });

    it("shows what an AggregateError holds, up to a limit", () => {
        const errors = [engineError("    at f (native)\n", {}, "one"), "two"];
        const error = new AggregateError(errors, "both");
        error.stack = "";
        expect(formatError(error, context())).toBe(
            "AggregateError: both\n  [error 1 of 2]: Error: one\n      at f (native)\n  [error 2 of 2]: 'two'",
        );
        const many = new AggregateError(new Array(1000).fill("x"), "many");
        many.stack = "";
        const lines = formatError(many, context()).split("\n");
        expect(lines.length).toBe(12);
        expect(lines.at(-1)).toBe("  … 990 more errors");
    });

    it("stays small when aggregates hold aggregates", () => {
        let error: Error = engineError("", {}, "leaf");
        for (let i = 0; i < 7; i++) {
            error = new AggregateError(new Array<Error>(10).fill(error), "level");
            error.stack = "";
        }
        expect(formatError(error, context()).split("\n").length).toBeLessThan(500);
    });

    it("shows both errors of a SuppressedError", () => {
        const error = engineError("", {
            name: "SuppressedError",
            error: engineError("", { code: "EIO" }, "close failed"),
            suppressed: engineError("", {}, "body failed"),
        });
        expect(formatError(error, context())).toBe(
            "SuppressedError: no such device\n  [error]: Error [EIO]: close failed\n  [suppressed]: Error: body failed",
        );
    });
});

describe("values that are no errors", () => {
    class Point {
        x = 1;
    }
    const circle: { self?: object } = {};
    circle.self = circle;
    it.each<[() => unknown, string | RegExp]>([
        [() => "boom", "'boom'"],
        [() => "it's", '"it\'s"'],
        [() => "a\n\u001b[2J", "'a\\n\\x1B[2J'"],
        [() => undefined, "undefined"],
        [() => null, "null"],
        [() => -0, "-0"],
        [() => 12n, "12n"],
        [() => Symbol("s"), "Symbol(s)"],
        [() => ({}), "{}"],
        [() => [], "[]"],
        [
            () => ({ a: 1, "b-c": [true, { d: { e: {} } }] }),
            "{ a: 1, 'b-c': [ true, { d: [Object] } ] }",
        ],
        [() => new Point(), "Point { x: 1 }"],
        [() => Object.create(null), "[Object: null prototype] {}"],
        [() => function run(): void {}, "[Function: run]"],
        [() => () => {}, "[Function (anonymous)]"],
        [() => new Uint8Array([1, 2]), "Uint8Array(2) [ 1, 2 ]"],
        [
            () => new Uint8Array(1e6),
            /^Uint8Array\(1000000\) \[\n {2}0, 0,[^1-9]*\.\.\. 999980 more items\n\]$/,
        ],
        [() => new ArrayBuffer(4), "ArrayBuffer { [Uint8Contents]: <00 00 00 00>, byteLength: 4 }"],
        [
            () => new DataView(new ArrayBuffer(4)),
            /^DataView \{\n {2}byteLength: 4,\n {2}byteOffset: 0,/,
        ],
        [() => new Uint8Array(), "Uint8Array(0) []"],
        [() => new Date(0), "1970-01-01T00:00:00.000Z"],
        [() => /a/g, "/a/g"],
        [() => Promise.resolve(1), "Promise {}"],
        [() => circle, "<ref *1> { self: [Circular *1] }"],
        [() => new Map([["a", { b: 1 }]]), "Map(1) { 'a' => { b: 1 } }"],
        [() => new Set([1, "x"]), "Set(2) { 1, 'x' }"],
        [() => new Set(), "Set(0) {}"],
        [() => new Set(new Array(30).keys()), /^Set\(30\) \{\n {2}0,\n[\s\S]*,\n {2}29\n\}$/],
        [() => ({ [Symbol.iterator]: 1 }), "{ [Symbol(Symbol.iterator)]: 1 }"],
        [() => ({ message: "just a message" }), "{ message: 'just a message' }"],
    ])("shows value number %#", (create, text) => {
        const shown = formatError(create(), context());
        expect(shown.slice(0, 10)).toBe("Uncaught: ");
        if (typeof text === "string") expect(shown.slice(10)).toBe(text);
        else expect(shown.slice(10)).toMatch(text);
    });

    it("shows errors inside of other values without their stack", () => {
        // Node 20 has no Error.isError; the engine that this is written for has.
        const given = Error.isError;
        Error.isError = (value) => value instanceof Error;
        try {
            expect(inspect({ a: new RangeError("far"), b: new Error("") })).toBe(
                "{ a: [RangeError: far], b: [Error] }",
            );
        } finally {
            if (given === undefined) delete Error.isError;
            else Error.isError = given;
        }
    });

    it("cuts long ones", () => {
        expect(formatError("x".repeat(1e6), context()).length).toBeLessThan(10_100);
        expect(formatError(new Array(1000).fill(1), context())).toMatch(
            /\.\.\. \d+ more items\n\]$/,
        );
    });

    it("calls no getter", () => {
        const value = Object.defineProperty({}, "a", {
            enumerable: true,
            get: () => {
                throw new Error("called");
            },
        });
        expect(formatError(value, context())).toBe("Uncaught: { a: [Getter] }");
    });
});

describe("another realm and hostile values", () => {
    it("recognises errors of another realm", () => {
        const error = runInNewContext(
            "Object.assign(new RangeError('far'), { stack: '    at f (native)\\n' })",
        ) as unknown;
        expect(error instanceof Error).toBe(false);
        expect(formatError(error, context())).toBe("RangeError: far\n    at f (native)");
    });

    const thrower = (): never => {
        throw new Error("gotcha");
    };
    const everyTrap = new Proxy({}, { get: () => thrower });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const revokedArray = Proxy.revocable([], {});
    revokedArray.revoke();
    const getters = (keys: readonly string[]): Error => {
        const error = new Error("plain");
        for (const key of keys) Object.defineProperty(error, key, { get: thrower });
        return error;
    };
    // `stack` first: V8 reads the name when it is replaced.
    const keys = ["stack", "name", "message", "code", "cause", "errors", "constructor"];
    it.each<[string, () => unknown]>([
        ["a proxy whose traps throw", () => new Proxy({}, everyTrap)],
        ["a proxy of an error whose traps throw", () => new Proxy(new Error("x"), everyTrap)],
        ["a proxy of a function", () => new Proxy(() => {}, everyTrap)],
        ["a revoked proxy", () => revoked.proxy],
        [
            "an error with a revoked proxy as errors",
            () => engineError("", { errors: revokedArray.proxy }),
        ],
        ["an error with a revoked proxy as cause", () => engineError("", { cause: revoked.proxy })],
        ["an error whose getters throw", () => getters(keys)],
        ["an error whose stack is an object", () => engineError("", { stack: {} })],
        ["an error whose stack is a symbol", () => engineError("", { stack: Symbol("s") })],
        ["an error whose message is a symbol", () => engineError("", { message: Symbol("s") })],
        [
            "an error whose message is hostile",
            () => engineError("", { message: { toString: thrower } }),
        ],
        [
            "an error whose name is an object",
            () => engineError("", { name: { toString: thrower } }),
        ],
        ["an error whose constructor is null", () => engineError("", { constructor: null })],
        [
            "an object with a hostile toStringTag",
            () => Object.defineProperty({}, Symbol.toStringTag, { get: thrower }),
        ],
        [
            "a date that is none",
            () => Object.setPrototypeOf({ [Symbol.toStringTag]: "Date" }, null),
        ],
        ["an invalid date", () => new Date(Number.NaN)],
        [
            "aggregates without end",
            () => engineError("", { errors: { length: Number.POSITIVE_INFINITY } }),
        ],
    ])("survives %s", (_, create) => {
        const text = formatError(create(), context({ map: MAP }));
        expect(text).toMatch(/^(\w*Error|Uncaught: )/);
        expect(text.length).toBeLessThan(1000);
    });
});

// SPDX-License-Identifier: MIT
// ts/runtime/inspect.ts against Node's own util.inspect.

import { inspect as nodeInspect } from "node:util";

import { describe, expect, it } from "vitest";

import { inspect } from "../../../ts/runtime/inspect.ts";

class Point {
    x = 1;
    y = 2;
}
class Point3 extends Point {
    z = 3;
}
const circle: { name: string; self?: unknown; list?: unknown[] } = { name: "c" };
circle.self = circle;
circle.list = [circle, { circle }];
const listed = [1, 2, 3] as number[] & { extra?: string };
listed.extra = "e";

const values: Readonly<Record<string, unknown>> = {
    primitives: [1, -0, 1n, "it's", 'say "x"', `a'b"c`, true, null, undefined, Symbol("s"), NaN],
    escapes: ["\n\t\\\u0001\u009f", "\ud800", "é😀"],
    plain: { a: 1, "b-c": 2, $d: 3, [Symbol("k")]: 4, 5: 6, __proto__: null },
    nested: { a: { b: { c: { d: 1 } } }, list: [[[[1]]]] },
    wide: {
        alpha: "a long text that fills the line",
        beta: "another long text that does, too",
        gamma: [1, 2, 3],
    },
    deep: { a: { b: { c: {} } } },
    numbers: Array.from({ length: 120 }, (_, i) => i * 37),
    negatives: Array.from({ length: 20 }, (_, i) => -i / 3),
    words: ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg", "hhhhhhhh", "iiiiiiiii", "j"],
    mixed: [1, "two", 3, "four", 5, "six", 7, { eight: 8 }],
    holes: Object.assign(new Array(6), { 1: 1, 4: 2 }),
    sparse: Object.assign(new Array(1_000_000), { 500000: "x" }),
    listed,
    classes: [
        new Point(),
        new Point3(),
        new (class extends Point {})(),
        Object.create(Point.prototype),
    ],
    functions: [
        function named() {},
        () => {},
        async () => {},
        function* gen() {},
        class A {},
        class B extends Point {},
        Object.assign(function f() {}, { x: 1 }),
    ],
    accessors: {
        get g() {
            return 1;
        },
        set s(_: number) {},
        get b() {
            return 1;
        },
        set b(_: number) {},
    },
    map: new Map<unknown, unknown>([
        ["k", { a: 1 }],
        [{ o: 1 }, [1]],
    ]),
    set: new Set([1, "a", [2]]),
    empty: [{}, [], new Map(), new Set(), "", new Point3()],
    dates: [new Date(0), new Date(NaN), /a+/gi],
    boxed: [new Number(3), new String("xy"), new Boolean(false)],
    buffers: [new ArrayBuffer(3), new DataView(new ArrayBuffer(2), 1), new Uint8Array(3)],
    floats: new Float32Array([1.5, -0, NaN]),
    big: new BigInt64Array([1n, -2n]),
    weak: [new WeakMap(), new WeakSet()],
    circle,
    tagged: [{ [Symbol.toStringTag]: "Tag" }, (function* () {})(), Math, JSON],
    text: {
        poem: "the first line is long enough\nthe second one is, too\nand there is a third one of them\n",
    },
    custom: { [Symbol.for("nodejs.util.inspect.custom")]: () => "as it likes" },
    errorsWithout: Object.assign(Object.create(null), { x: 1 }),
    table: Array.from({ length: 8 }, (_, i) => ({ id: i, name: `name ${i}`, tags: ["x", "y"] })),
};

describe("inspect shows what Node shows", () => {
    it.each(Object.keys(values))("%s", (name) => {
        expect(inspect(values[name])).toBe(nodeInspect(values[name]));
    });

    it.each(Object.keys(values))("%s, in colour", (name) => {
        expect(inspect(values[name], { color: true })).toBe(
            nodeInspect(values[name], { colors: true }),
        );
    });

    it.each([0, 1, 5])("%s levels deep", (depth) => {
        for (const name of ["nested", "circle", "deep", "map", "table"])
            expect(inspect(values[name], { depth })).toBe(nodeInspect(values[name], { depth }));
    });
});

describe("inspect", () => {
    it("shortens typed arrays", () => {
        const text = inspect(new Uint8Array(48_000));
        expect(text.match(/0/g)?.length).toBeLessThan(30);
        expect(text).toContain("... 47980 more items");
    });

    it("shows errors inside of something by their message", () => {
        expect(inspect({ e: new TypeError("bad") })).toBe("{ e: [TypeError: bad] }");
        expect(inspect([Object.assign(new Error("x"), { code: "E" })])).toBe(
            "[ [Error: x] { code: 'E' } ]",
        );
    });

    it("ends, and never throws", () => {
        const hostile = new Proxy(
            {},
            {
                ownKeys: () => {
                    throw new Error("no");
                },
            },
        );
        expect(inspect(hostile)).toBe("[Object]");
        const endless = (level: number): object => ({
            get [Symbol.toStringTag]() {
                throw new Error(`level ${level}`);
            },
        });
        expect(typeof inspect(endless(0))).toBe("string");
        let chain: object = {};
        for (let i = 0; i < 30; i++) chain = { a: chain, b: chain };
        expect(inspect(chain, { depth: Infinity }).length).toBeLessThan(2_000_000);
    });
});

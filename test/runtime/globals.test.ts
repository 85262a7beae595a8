// SPDX-License-Identifier: MIT
// The globals that a browser and Node have: the same code, run here and in Node, says the same.

import { spawnSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { runScript } from "../support/run.ts";

/** Both sides print what `show` is given, and the names of errors. */
const prelude = `
    const lines = [];
    const show = (...values) => lines.push(JSON.stringify(values));
    const thrown = (call) => {
        try { return call(); } catch (error) { return [error.name, error.code ?? null]; }
    };
    const parts = (url) => ["href", "origin", "protocol", "username", "password", "host",
        "hostname", "port", "pathname", "search", "hash"].map((name) => url[name]);
`;
const end = "\nconsole.log(lines.join('\\n'));";

function inNode(code: string): string {
    const args = ["--input-type=module", "--eval", prelude + code + end];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout;
}

/** The script says here what it says in Node; `expected` is for what is pinned besides. */
async function agree(code: string): Promise<string> {
    const here = await runScript(prelude + code + end);
    expect(here.stderr).toBe("");
    const node = inNode(code);
    expect(node.length).toBeGreaterThan(1);
    expect(here.stdout).toBe(node);
    return here.stdout;
}

describe("URL", () => {
    it("parses as Node does", async () => {
        const urls = [
            "http://user:pa%20ss@EXAMPLE.com:8080/a/./b/../c?x=1&y=ü#frag ment",
            "https://example.com:443/",
            "ftp://h:21/%7Efoo;a?b",
            "file:///C|/x/../y",
            "file://localhost/etc/../passwd",
            "mailto:a@b.c?subject=x",
            "data:text/plain,hello world#x",
            "javascript:alert(1)",
            "http://[::1]:80/",
            "http://[2001:db8:0:0:1:0:0:1]/",
            "http://0x7f.1/",
            "http://256.1/",
            "http://1.2.3.4.5/",
            "http://münchen.de/straße",
            "http://BÜCHER.example/",
            "http://日本語。jp/",
            "http://faß.de/",
            "http://xn--mnchen-3ya.de/",
            "http://ＥＸＡＭＰＬＥ.com/",
            "http://a\u00adb.com/",
            "http://xn--a/",
            "http://exa mple.com/",
            "http://ex%41mple.com/",
            "http://a<b>/",
            "http:///x",
            "http:x",
            "//x",
            "",
            "  http://trim.me/ \n",
            "http://h/a\tb\nc",
            "http://h:99999/",
            "http://h:/",
            "http://h?q'<>",
            "non-special://h:1/p/../q?x y",
            "blob:https://a.b/uuid",
            "http://a@b@c/",
            "http://h/%2e%2E/x",
            "http://h\\a\\b",
            "http://h/\ud800",
        ];
        const code = `
            for (const text of ${JSON.stringify(urls)}) {
                show(text, thrown(() => parts(new URL(text))), URL.canParse(text));
            }`;
        const out = await agree(code);
        expect(out).toContain("http://xn--mnchen-3ya.de/stra%C3%9Fe");
    });

    it("resolves against a base", async () => {
        const inputs = [
            "../x",
            "/y",
            "?q",
            "#f",
            "",
            "//other/z",
            "a b",
            "http:z",
            "mailto:x",
            ".",
        ];
        const bases = ["http://h:81/a/b/c?d#e", "file:///a/b", "mailto:x", "nope"];
        await agree(`
            for (const base of ${JSON.stringify(bases)}) for (const input of ${JSON.stringify(inputs)})
                show(base, input, thrown(() => new URL(input, base).href), URL.canParse(input, base));
        `);
    });

    it("has setters", async () => {
        const sets: readonly (readonly [string, string])[] = [
            ["protocol", "https"],
            ["protocol", "mailto"],
            ["username", "ü:"],
            ["password", "@"],
            ["host", "other:99"],
            ["host", ""],
            ["hostname", "x:1"],
            ["port", "80"],
            ["port", "12x"],
            ["port", ""],
            ["port", "x"],
            ["pathname", "a b/../c?d"],
            ["search", "?a=b c"],
            ["search", ""],
            ["search", "?"],
            ["hash", "x y"],
            ["hash", ""],
            ["href", "http://new/?z"],
            ["href", "nope"],
            ["origin", "x"],
        ];
        await agree(`
            for (const start of ["http://u@h:8/p?q#f", "mailto:x?y", "file:///p"])
                for (const [name, value] of ${JSON.stringify(sets)}) {
                    const url = new URL(start);
                    const done = thrown(() => { url[name] = value; });
                    show(start, name, value, done, parts(url), [...url.searchParams], url.toJSON());
                }
        `);
    });

    it("keeps searchParams and search together", async () => {
        await agree(`
            const url = new URL("http://h/?a=1&b=2&a=3");
            const { searchParams } = url;
            searchParams.append("c", "x y&=+ü");
            show(url.href, searchParams.getAll("a"), searchParams.size);
            searchParams.delete("a", "1"); show(url.search);
            searchParams.set("b", "9"); searchParams.sort(); show(url.search);
            url.search = "?n=%20+1"; show([...searchParams], searchParams === url.searchParams);
            for (const name of [...searchParams.keys()]) searchParams.delete(name);
            show(url.href);
        `);
    });
});

describe("URLSearchParams", () => {
    it("takes strings, pairs, records and iterables", async () => {
        await agree(`
            const all = ["", "?a=1", "??a", "a&b=&=c&&d=%zz%41", [["a", "1"], ["a", 2]], { x: 1, y: "z" },
                new Map([["k", "v"]]), new URLSearchParams("q=1"), undefined, 5, [["a"]], [1], "a=\\ud800"];
            const name = (call) => { const done = thrown(call); return done[0] === "TypeError" ? done[0] : done; };
            for (const init of all) show(name(() => [...new URLSearchParams(init)]), name(() => String(new URLSearchParams(init))));
        `);
    });

    it("can be read and changed", async () => {
        await agree(`
            const p = new URLSearchParams("b=2&a=1&b=3&\\u{10000}=x&\\uffff=y");
            show(p.get("b"), p.get("none"), p.getAll("b"), p.has("a"), p.has("a", "2"), p.size);
            p.set("b", "4"); p.append("z", "*-._~!'()"); p.sort(); show([...p.entries()], [...p.keys()], [...p.values()], String(p));
            p.forEach((value, name, self) => show(value, name, self === p));
            p.delete("z"); show(String(p), Object.prototype.toString.call(p));
        `);
    });
});

describe("events", () => {
    it("reach listeners in their order", async () => {
        await agree(`
            const log = [];
            const target = new EventTarget();
            const f = (event) => log.push(["f", event.type, event.target === target, event.currentTarget === target, event.eventPhase]);
            target.addEventListener("x", f); target.addEventListener("x", f);
            target.addEventListener("x", { handleEvent(event) { log.push(["object", this !== target]); } });
            target.addEventListener("x", () => log.push("once"), { once: true });
            target.addEventListener("x", (event) => { event.preventDefault(); event.stopImmediatePropagation(); log.push("stop"); });
            target.addEventListener("x", () => log.push("never"));
            target.addEventListener("x", () => log.push("added meanwhile"), false);
            const event = new Event("x", { cancelable: true });
            show(target.dispatchEvent(event), event.defaultPrevented, event.eventPhase, event.currentTarget);
            target.removeEventListener("x", f);
            show(target.dispatchEvent(new Event("x")), log);
            show(new CustomEvent("c", { detail: { a: 1 } }).detail, new CustomEvent("c").detail, Event.AT_TARGET);
            show(thrown(() => target.dispatchEvent({}))[0], thrown(() => new Event())[0]);
        `);
    });

    it("may be dispatched from within, and again", async () => {
        await agree(`
            const target = new EventTarget();
            const event = new Event("x");
            target.addEventListener("x", () => show(Array.isArray(thrown(() => target.dispatchEvent(event)))), { once: true });
            target.addEventListener("x", () => show("twice"));
            target.dispatchEvent(event); target.dispatchEvent(event);
            class Own extends EventTarget { fire() { return this.dispatchEvent(new Event("own")); } }
            const own = new Own(); own.addEventListener("own", function () { show(this === own); }); own.fire();
        `);
    });

    it("that a listener fails on still reach the others; the error is uncaught", async () => {
        const ended = await runScript(`
            const target = new EventTarget();
            target.addEventListener("x", () => { throw new Error("bad listener"); });
            target.addEventListener("x", () => console.log("reached"));
            target.dispatchEvent(new Event("x"));
        `);
        expect(ended.stdout).toBe("reached\n");
        expect(ended.stderr).toContain("bad listener");
        expect(ended.status).toBe(1);
    });
});

describe("AbortSignal", () => {
    it("is aborted by its controller, once", async () => {
        await agree(`
            const controller = new AbortController();
            const { signal } = controller;
            signal.onabort = (event) => show("onabort", event.type, signal.aborted);
            signal.addEventListener("abort", () => show("listener", signal.reason));
            show(signal.aborted, signal.reason, thrown(() => signal.throwIfAborted()));
            controller.abort("why"); controller.abort("again");
            show(signal.reason, thrown(() => new AbortSignal())[0]);
            const plain = AbortSignal.abort();
            show(plain.reason.name, plain.reason.code, plain.reason instanceof DOMException, thrown(() => plain.throwIfAborted()));
            show(AbortSignal.abort(3).reason);
        `);
    });

    it("of any", async () => {
        await agree(`
            const [a, b] = [new AbortController(), new AbortController()];
            const any = AbortSignal.any([a.signal, b.signal]);
            const outer = AbortSignal.any([any]);
            outer.addEventListener("abort", () => show("outer", any.aborted, outer.reason));
            any.addEventListener("abort", () => show("any", any.aborted));
            b.abort("b"); a.abort("a");
            show(any.reason, AbortSignal.any([]).aborted, AbortSignal.any([a.signal]).reason);
        `);
    });

    it("by time, in the order of timers", async () => {
        await agree(`
            // Set first and due first, however slowly the rest is loaded.
            setTimeout(() => show("before", signal.aborted), 1);
            const alive = setTimeout(() => {}, 10_000);
            const signal = AbortSignal.timeout(5);
            await new Promise((done) => { signal.onabort = done; });
            clearTimeout(alive);
            show(signal.reason.name, signal.reason.code);
        `);
    });

    it("takes listeners away", async () => {
        await agree(`
            const target = new EventTarget(); const controller = new AbortController();
            target.addEventListener("x", () => show("x"), { signal: controller.signal });
            target.dispatchEvent(new Event("x")); controller.abort(); target.dispatchEvent(new Event("x"));
            target.addEventListener("x", () => show("x"), { signal: controller.signal });
            target.dispatchEvent(new Event("x")); show("end");
        `);
    });
});

describe("structuredClone", () => {
    it("copies what can be copied", async () => {
        await agree(`
            class Point { x = 1; #y = 2; get sum() { return this.x + this.#y; } }
            const shared = { s: 1 };
            const bytes = new Uint8Array([1, 2, 3, 4]);
            const sparse = [1, , 3]; sparse.extra = "e";
            const source = { n: -0, big: 5n.toString(), nan: NaN, u: undefined, nul: null, date: new Date(5), re: /a+/gi,
                map: new Map([[shared, [1]]]), set: new Set([1, shared]), a: shared, b: shared,
                view: bytes.subarray(1, 3), dv: new DataView(bytes.buffer, 1, 2), f: new Float32Array([1.5]), sparse, p: new Point(),
                boxed: [new Number(3), new String("s"), new Boolean(false)], getter: { get g() { return 7; } },
                [Symbol("s")]: 1 };
            source.self = source;
            const copy = structuredClone(source);
            show(Object.keys(copy), copy !== source, copy.self === copy, copy.a === copy.b, copy.a !== shared, [...copy.map.keys()][0] === copy.a, copy.set.has(copy.a));
            show(Object.is(copy.n, -0), Number.isNaN(copy.nan), "u" in copy, copy.date instanceof Date, copy.date.getTime(), String(copy.re), copy.re.lastIndex);
            show([...copy.view], copy.view.byteOffset, copy.view.buffer.byteLength, copy.view.buffer === copy.dv.buffer, copy.dv.byteLength, [...copy.f]);
            show(copy.sparse, 1 in copy.sparse, copy.sparse.extra, copy.p, copy.p instanceof Point, copy.boxed.map((one) => typeof one), copy.getter, Object.getOwnPropertySymbols(copy).length);
            const deep = structuredClone(Object.create(null, { a: { value: 1, enumerable: true }, b: { value: 2 } })); show(deep, Object.getPrototypeOf(deep) === Object.prototype);
            show(structuredClone(1), structuredClone("x"), structuredClone(null), structuredClone(true));
        `);
    });

    it("copies errors", async () => {
        await agree(`
            const error = new RangeError("m", { cause: new TypeError("c") }); error.code = "E";
            const copy = structuredClone(error);
            show(copy instanceof RangeError, copy.name, copy.message, copy.stack === error.stack, copy.code ?? null);
            class Own extends Error { name = "Own"; }
            const own = structuredClone(new Own("x")); show(own.name, own.constructor.name, own.message);
        `);
    });

    it("refuses what cannot be", async () => {
        await agree(`
            for (const value of [() => 1, Symbol("x"), { f() {} }, [new WeakMap()], new Map([[1, () => {}]]), Promise.resolve(), new WeakRef({}), Object(Symbol())])
                show(thrown(() => structuredClone(value)));
        `);
    });

    it("moves buffers", async () => {
        await agree(`
            const bytes = new Uint8Array([1, 2, 3]);
            const copy = structuredClone({ bytes }, { transfer: [bytes.buffer] });
            show([...copy.bytes], bytes.length, bytes.buffer.byteLength);
            const other = new ArrayBuffer(3);
            show(thrown(() => structuredClone({ f() {}, other }, { transfer: [other] })), other.byteLength);
            show(Array.isArray(thrown(() => structuredClone(1, { transfer: [{}] }))));
            show(thrown(() => structuredClone(1, { transfer: [other, other] }))[0]);
        `);
    });
});

describe("atob and btoa", () => {
    it("are Node's", async () => {
        await agree(`
            for (const text of ["", "a", "ab", "abc", "\\u00ff\\0", "\\u0100"]) show(thrown(() => btoa(text)));
            for (const text of ["YQ==", "YQ", " Y Q = = ", "YWJj", "!", "YQ=", "Y"]) show(thrown(() => atob(text)));
        `);
    });
});

describe("crypto", () => {
    it("fills arrays", async () => {
        await agree(`
            const bytes = new Uint8Array(64);
            show(crypto.getRandomValues(bytes) === bytes, bytes.some((one) => one !== 0));
            const middle = new Uint8Array(64); crypto.getRandomValues(middle.subarray(16, 48));
            show(middle.subarray(0, 16).every((one) => one === 0), middle.subarray(48).every((one) => one === 0), middle.some((one) => one));
            show(crypto.getRandomValues(new Uint32Array(0)).length, crypto.getRandomValues(new BigInt64Array(2)).length);
            show(thrown(() => crypto.getRandomValues(new Float32Array(1))), thrown(() => crypto.getRandomValues(new Uint8Array(65537)))[0]);
        `);
    });

    it("makes UUIDs, each another", async () => {
        const pattern = "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/";
        await agree(`
            const all = Array.from({ length: 100 }, () => crypto.randomUUID());
            show(all.every((one) => ${pattern}.test(one)), new Set(all).size);
        `);
    });
});

describe("errors of these globals", () => {
    it("are shown at the script's own line", async () => {
        const ended =
            await runScript(`try { structuredClone(() => 1); } catch (error) { console.log(error); }
            console.log([new DOMException("m", "AbortError")]);
            AbortSignal.abort().throwIfAborted();`);
        expect(ended.stdout).toMatch(
            /^DataCloneError: the function .* could not be cloned\.\n {4}at .*script\.mjs:1:\d+\n\[ \[AbortError: m\] \]\n$/,
        );
        expect(ended.stderr).not.toContain("<null>");
        expect(ended.stderr).toMatch(
            /AbortError: This operation was aborted\n {4}at .*script\.mjs:3:\d+/,
        );
    });
});

describe("a lazy global", () => {
    it("is an ordinary one to the script", async () => {
        const ended = await runScript(`
            const names = ["URL", "URLSearchParams", "Event", "CustomEvent", "EventTarget", "AbortSignal", "AbortController", "structuredClone"];
            console.log(names.every((name) => name in globalThis && typeof globalThis[name] === "function" && globalThis[name].name === name));
            const before = globalThis.URL;
            console.log(before === URL, Object.getOwnPropertyDescriptor(globalThis, "URL").writable);
            globalThis.URL = 5; console.log(URL, typeof URLSearchParams);
        `);
        expect(ended.stdout).toBe("true\ntrue true\n5 function\n");
    });

    it("can be replaced before it was looked at", async () => {
        const ended = await runScript(`
            globalThis.AbortSignal = "mine";
            const event = new Event("x");
            console.log(AbortSignal, delete globalThis.structuredClone, typeof structuredClone);
        `);
        expect(ended.stdout).toBe("mine true undefined\n");
    });
});

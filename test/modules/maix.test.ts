// SPDX-License-Identifier: MIT
// `maix`: namespaces that are loaded when they are first looked at, and are what `maix:*` gives.

import { expect, it } from "vitest";

import { evaluate } from "../support/run.ts";

it("has every module, the same as when it is imported by name", async () => {
    const [names, same, keys] = await evaluate(`
        const maix = await import("maix");
        out(Object.keys(maix));
        const pairs = await Promise.all(
            Object.keys(maix).map(async (name) => [maix[name], await import("maix:" + name)]),
        );
        out(pairs.every(([a, b]) => Object.keys(b).every((key) => a[key] === b[key])));
        out(pairs.every(([a, b]) => Object.keys(a).join() === Object.keys(b).join()));
    `);
    expect(names).toEqual(["app", "audio", "err", "fs", "key", "log", "sys", "time"]);
    expect([same, keys]).toEqual([true, true]);
});

it("is read-only, and stays it", async () => {
    const values = await evaluate(`
        out(thrown(() => { audio.Recorder = 1; }).name);
        out(thrown(() => { delete audio.Recorder; }).name);
        out(thrown(() => Object.defineProperty(audio, "x", { value: 1 })).name);
        out([typeof audio.Recorder, "x" in audio, audio.nothing === undefined]);
    `);
    expect(values).toEqual(["TypeError", "TypeError", "TypeError", ["function", false, true]]);
});

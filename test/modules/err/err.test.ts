// SPDX-License-Identifier: MIT
// maix:err: codes, texts, exceptions.

import { describe, expect, it } from "vitest";

import { evaluate as run } from "../../support/run.ts";

const evaluate = (code: string): Promise<unknown[]> => run(`import { err } from "maix";\n${code}`);

describe("codes", () => {
    it("have MaixPy's numbers, and words", async () => {
        const [codes, words] = await evaluate(`
            const { Err } = err;
            out([Err.ERR_NONE, Err.ERR_ARGS, Err.ERR_IO, Err.ERR_NOT_FOUND, Err.ERR_OVERFLOW, Err.ERR_MAX]);
            out([err.toStr(0), err.toStr(Err.ERR_NOT_FOUND), err.toStr(Err.ERR_OVERFLOW)]);
        `);
        expect(codes).toEqual([0, 1, 14, 15, 20, 21]);
        expect(words).toEqual(["No error", "Not found", "Overflow"]);
    });

    it("keep the last text", async () => {
        expect(
            await evaluate(`out(err.getError()); err.setError("x"); out(err.getError());`),
        ).toEqual(["No error", "x"]);
    });
});

describe("exceptions", () => {
    it("are Errors with a code", async () => {
        const [errors, kinds] = await evaluate(`
            const errors = [new err.Exception(15, "no model"), new err.Exception("bad", 1), new err.Exception("x")];
            out(errors.map(({ name, message, code, err }) => [name, message, code, err]));
            out(errors.map((e) => e instanceof Error && e instanceof err.Exception && typeof e.stack));
        `);
        expect(errors).toEqual([
            ["Exception", "Not found: no model", "ERR_NOT_FOUND", 15],
            ["Exception", "Invalid arguments: bad", "ERR_ARGS", 1],
            ["Exception", "Runtime error: x", "ERR_RUNTIME", 13],
        ]);
        expect(kinds).toEqual(Array(3).fill("string"));
    });

    it("are thrown by the checks, where these fail", async () => {
        const messages = await evaluate(`
            err.checkRaise(0); err.checkBoolRaise(true); err.checkNullRaise(0); err.checkNullRaise("");
            out(thrown(() => err.checkRaise(9, "camera")));
            out(thrown(() => err.checkBoolRaise(false, "no")));
            out(thrown(() => err.checkNullRaise(undefined)));
        `);
        expect(messages).toEqual([
            { name: "Exception", code: "ERR_BUSY", message: "Busy: camera" },
            { name: "Exception", code: "ERR_RUNTIME", message: "Runtime error: no" },
            { name: "Exception", code: "ERR_RUNTIME", message: "Runtime error" },
        ]);
    });

    it("are not made of bad arguments", async () => {
        const names = await evaluate(`
            const calls = [() => err.toStr("1"), () => err.checkBoolRaise(1), () => err.setError(),
                () => new err.Exception(), () => new err.Exception(1, 2), () => err.toStr(22),
                () => err.toStr(-1), () => err.checkRaise(0.5), () => new err.Exception("x", 99)];
            out(calls.map((call) => thrown(call).name));
        `);
        expect(names[0]).toEqual([...Array(5).fill("TypeError"), ...Array(4).fill("RangeError")]);
    });
});

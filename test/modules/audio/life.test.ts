// SPDX-License-Identifier: MIT
// However a program ends, its recordings are finalised; and who drops a recorder loses nothing.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import {
    evaluate,
    maixjs,
    results,
    runScript,
    temporaryFolder,
    withPrelude,
} from "../../support/run.ts";

const device = "sim:ramp,pace=fast";

/** Frames of a canonical WAV file of 16 bits, mono, whose header is exact. */
function framesOf(path: string): number {
    const bytes = readFileSync(path);
    const dataBytes = bytes.readUInt32LE(40);
    expect(bytes.readUInt32LE(4)).toBe(36 + dataBytes);
    expect(bytes.length).toBe(44 + dataBytes);
    return dataBytes / 2;
}

describe("a program that ends", () => {
    const ends = {
        "by running out": ["", 0],
        "by an uncaught error": ["throw new Error('mine');", 1],
        "by a rejection": ["Promise.reject(new Error('mine'));", 1],
        "by process.exit": ["process.exit(5);", 5],
        "by std.exit": ["std.exit(6);", 6],
    } as const;
    it.each(Object.entries(ends))("%s leaves whole files", async (_, [end, status]) => {
        const cwd = temporaryFolder();
        const ended = await runScript(
            withPrelude(`
                const r = new Recorder("a.wav", { device: "${device}" });
                const w = new WavWriter("b.wav");
                r.save(100);
                w.write(new Int16Array(100));
                globalThis.kept = [r, w];
                ${end}
            `),
            { cwd },
        );
        expect(ended.status).toBe(status);
        expect(framesOf(join(cwd, "a.wav"))).toBe(4800);
        expect(framesOf(join(cwd, "b.wav"))).toBe(100);
    });

    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
        "by %s in a blocking call: it returns short, and the script goes on",
        async (signal) => {
            const cwd = temporaryFolder();
            const ended = await runScript(
                withPrelude(`
                const r = new Recorder("a.wav", { device: "sim:ramp,stall_at=4800:100000" });
                r.record(100);
                out("recording");
                out([r.record(1000).byteLength, app.needExit(), r.record(1000).byteLength]);
                out(r.finish().frames);
            `),
                { cwd, kill: { signal, when: (text) => text.includes("recording") } },
            );
            expect(ended.status).toBe(0);
            expect(results(ended)).toEqual(["recording", [0, true, 0], 4800]);
            expect(framesOf(join(cwd, "a.wav"))).toBe(4800);
        },
    );

    it("by SIGKILL leaves every frame that a call has returned", async () => {
        const cwd = temporaryFolder();
        const ended = await runScript(
            withPrelude(`
                const r = new Recorder("a.wav", { device: "sim:ramp,stall_at=4800:100000" });
                r.record(100);
                out("recording");
                r.record(1000);
            `),
            { cwd, kill: { signal: "SIGKILL", when: (text) => text.includes("recording") } },
        );
        expect(ended.signal).toBe("SIGKILL");
        expect(framesOf(join(cwd, "a.wav"))).toBe(4800);
    });
});

describe("garbage collection", () => {
    it("closes a recorder that nobody has any more, and finalises its file", async () => {
        const cwd = temporaryFolder();
        const free = await evaluate(
            `
            const record = () => {
                const r = new Recorder("a.wav", { device: "${device}" });
                r.save(10);
                r.self = r;
            };
            record();
            out(thrown(() => new Recorder("a.wav", { device: "${device}" })).code);
            std.gc();
            out(thrown(() => new Recorder("a.wav", { device: "${device}" })).code ?? "free");
            `,
            { cwd },
        );
        expect(free).toEqual(["EBUSY", "free"]);
        expect(framesOf(join(cwd, "a.wav"))).toBe(480);
    });

    it("closes a writer, too", async () => {
        const cwd = temporaryFolder();
        const free = await evaluate(
            `
            (() => { new WavWriter("a.wav").write(new Int16Array(7)); })();
            std.gc();
            out(thrown(() => new Recorder("a.wav", { device: "${device}" })).code ?? "free");
            `,
            { cwd },
        );
        expect(free).toEqual(["free"]);
        expect(framesOf(join(cwd, "a.wav"))).toBe(7);
    });

    it("survives hundreds of recorders, of which some failed to open", async () => {
        const counts = await evaluate(`
            let opened = 0;
            let failed = 0;
            for (let i = 0; i < 300; i++) {
                try {
                    const kind = i % 3 === 0 ? "piano" : "ramp,pace=fast";
                    new Recorder({ device: "sim:" + kind, bufferMs: 10 }).record(1);
                    opened++;
                } catch (error) { failed += error.code === "EINVAL"; }
            }
            out([opened, failed]);
        `);
        expect(counts).toEqual([[200, 100]]);
    });
});

describe("dispose", () => {
    it("closes recorder and writer at the end of a using block", async () => {
        const cwd = temporaryFolder();
        const states = await evaluate(
            `
            let kept;
            {
                using r = new Recorder("a.wav", { device: "${device}" });
                using w = new WavWriter("b.wav");
                r.save(10);
                w.write(new Int16Array(5));
                kept = { r, w };
            }
            out([kept.r.state, kept.r.finish().frames, kept.w.finish().frames,
                thrown(() => kept.w.write(new Int16Array(1))).code]);
            `,
            { cwd },
        );
        expect(states).toEqual([["released", 480, 5, "ECLOSED"]]);
    });

    it("may be extended", async () => {
        const answer = await evaluate(`
            class Mine extends Recorder {
                constructor() { super({ device: "${device}" }); }
                get half() { return this.record(1).byteLength / 2; }
            }
            const mine = new Mine();
            out([mine.half, mine instanceof Recorder, mine instanceof Mine]);
        `);
        expect(answer).toEqual([[48, true, true]]);
    });
});

describe("one module, two names", () => {
    it("maix and maix:audio have the same classes", async () => {
        const same = await evaluate(`
            const whole = await import("maix:audio");
            out([whole.Recorder === Recorder, whole.Format === Format]);
        `);
        expect(same).toEqual([[true, true]]);
    });

    it.each(["maix", "maix:audio", "maix:app", "maix:time"])(
        "%s is EUNSUPPORTED in a worker",
        async (name) => {
            const cwd = temporaryFolder();
            writeFileSync(
                join(cwd, "worker.mjs"),
                `
            import * as os from "qjs:os";
            const answer = import("${name}").then(() => "loaded", (error) => error.code);
            os.Worker.parent.postMessage(await answer);
            `,
            );
            const code = `
            import * as os from "qjs:os";
            const worker = new os.Worker("./worker.mjs");
            worker.onmessage = ({ data }) => { console.log(data); worker.onmessage = null; };
        `;
            writeFileSync(join(cwd, "script.mjs"), code);
            const ended = await maixjs(["script.mjs"], { cwd });
            expect(ended).toMatchObject({ status: 0, stdout: "EUNSUPPORTED\n", stderr: "" });
        },
    );
});

// SPDX-License-Identifier: MIT
// A disk that fails at any of the things that a recording does to it: what is returned, what is in
// the file, and what the numbers say belong together to the frame.

import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { createFolder, type Ended, run } from "../support/process.ts";
import { type DiskOutcome, expectWhole } from "./support/disk_outcome.ts";
import { compileInterposer, host } from "./support/interpose.ts";
import { type FormatName, readHeader, storedRamp } from "./support/ramp.ts";

const script = fileURLToPath(new URL("support/disk_script.mjs", import.meta.url));
const { ENOSPC, EIO, EDQUOT, EROFS, EFBIG } = constants.errno;
const tools = createFolder();
let preload: string;
beforeAll(() => {
    preload = compileInterposer("disk", tools.work);
});
afterAll(() => tools.remove());

let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder?.remove();
    folder = createFolder();
});
afterAll(() => folder.remove());

interface Fault {
    /** "<kind> <first> <last> <errno>" */
    readonly fail: string;
    readonly short?: number;
    readonly format?: FormatName;
    readonly syncEvery?: number;
    readonly calls?: number;
    /** How the script reads; "record" where it is not said. */
    readonly mode?: string;
}

const preloaded = (fault: Fault, work: string): Record<string, string> => ({
    LD_PRELOAD: preload,
    MAIXJS_DISK_FOLDER: work,
    MAIXJS_DISK_FAIL: fault.fail,
    ...(fault.short !== undefined && { MAIXJS_DISK_SHORT: String(fault.short) }),
    ...(fault.syncEvery !== undefined && { MAIXJS_DISK_SYNC_EVERY: String(fault.syncEvery) }),
});

let runs = 0;

/** Records under a fault; checks all but the errors, and returns what happened. */
async function record(fault: Fault): Promise<DiskOutcome> {
    const cwd = join(folder.work, `${runs++}`);
    const format = fault.format ?? "FMT_S16_LE";
    mkdirSync(cwd);
    const args = ["--mic", "sim:ramp,pace=fast", script];
    const ended = await run(
        [...args, JSON.stringify({ format, calls: fault.calls ?? 8, mode: fault.mode })],
        {
            cwd,
            command: host,
            env: preloaded(fault, cwd),
        },
    );
    expect([fault, ended.status, ended.stderr]).toEqual([fault, 0, ""]);
    const outcome = JSON.parse(ended.stdout) as DiskOutcome;
    try {
        expectWhole(cwd, outcome, format);
    } catch (error) {
        throw new Error(`${JSON.stringify(fault)}: ${ended.stdout}`, { cause: error });
    }
    return outcome;
}

const codesOf = ({ errors }: DiskOutcome): string[] => [...new Set(errors.map(([, code]) => code))];

describe("one thing fails", () => {
    it.each([
        [EIO, "EIO", "FMT_S16_LE"],
        [ENOSPC, "ENOSPC", "FMT_S24_3LE"],
    ] as const)("with %i (%s), %s", async (errno, code, format) => {
        let failed = 0;
        for (let thing = 1; thing <= 32; thing++) {
            const outcome = await record({ fail: `any ${thing} ${thing} ${errno}`, format });
            // The header is exact at once, also behind the call that failed.
            expect([thing, outcome.inexact]).toEqual([thing, []]);
            expect(outcome.errors.length).toBeLessThanOrEqual(1);
            for (const seen of codesOf(outcome)) expect([thing, seen]).toEqual([thing, code]);
            failed += outcome.errors.length;
        }
        // Some things may fail unseen: one that puts an exact file right.
        expect(failed).toBeGreaterThan(20);
    });

    it.each(["save", "recordBytes", "readInto", "stream"])("in %s()", async (mode) => {
        let failed = 0;
        for (let thing = 1; thing <= 32; thing++) {
            const fail = `any ${thing} ${thing} ${ENOSPC}`;
            const outcome = await record({ fail, mode, format: "FMT_U16_BE" });
            expect([thing, outcome.inexact]).toEqual([thing, []]);
            expect(outcome.errors.length).toBeLessThanOrEqual(1);
            failed += outcome.errors.length;
        }
        expect(failed).toBeGreaterThan(20);
    });

    it.each([1, 2, 3, 50, 399, 400, 799])("a write that took %i bytes before", async (short) => {
        for (const write of [2, 3, 4, 6, 7]) {
            const fail = `write ${write} ${write + 1} ${ENOSPC}`;
            const outcome = await record({ fail, short, format: "FMT_S24_3LE" });
            expect(outcome.inexact).toEqual([]);
            expect(codesOf(outcome)).toEqual(["ENOSPC"]);
        }
    });
});

describe("several things fail, one after the other", () => {
    it.each([2, 3, 4, 5, 9])("%i of them", async (count) => {
        for (let thing = 1; thing <= 30; thing++) {
            const fail = `any ${thing} ${thing + count - 1} ${EIO}`;
            const outcome = await record({ fail, format: "FMT_S24_3LE" });
            for (const seen of codesOf(outcome)) expect(seen).toBe("EIO");
            // Only while nothing at all can be written the file is not put right.
            const failedCalls = new Set(outcome.errors.map(([call]) => call));
            for (const [call] of outcome.inexact)
                expect([fail, failedCalls.has(call)]).toEqual([fail, true]);
        }
    });
});

describe("a header that is torn, and cannot be put right at once", () => {
    it.each([3, 4, 6])("%i writes fail", async (count) => {
        for (const short of [1, 6, 30, 42]) {
            for (let write = 3; write <= 8; write++) {
                const fail = `write ${write} ${write + count - 1} ${EIO}`;
                const outcome = await record({ fail, short });
                const failedCalls = new Set(outcome.errors.map(([call]) => call));
                for (const [call] of outcome.inexact) expect(failedCalls.has(call)).toBe(true);
            }
        }
    });
});

describe("each error has its code", () => {
    it.each([
        ["EDQUOT", EDQUOT, "ENOSPC"],
        ["EROFS", EROFS, "EACCES"],
        ["EFBIG", EFBIG, "EFBIG"],
        ["EIO", EIO, "EIO"],
    ])("%s", async (_, errno, code) => {
        const outcome = await record({ fail: `write 5 8 ${errno}` });
        expect(codesOf(outcome)).toEqual([code]);
        expect(outcome.stats.unwrittenFrames).toBeGreaterThan(0);
        expect(outcome.inexact).toEqual([]);
    });

    it("a failing sync is told once, by the next call, and costs no frame", async () => {
        const outcome = await record({ fail: `sync 2 2 ${EIO}`, syncEvery: 4, calls: 20 });
        expect(codesOf(outcome)).toEqual(["EIO"]);
        expect(outcome.errors).toHaveLength(1);
        expect(outcome.errors[0]?.[2]).toContain("may not be on the disk");
        expect(outcome.stats.unwrittenFrames).toBe(0);
        expect(outcome.inexact).toEqual([]);
    });
});

describe("a disk that never comes back", () => {
    const record50 = `
        import { audio } from "maix";
        const r = new audio.Recorder("a.wav", { sampleRate: 8000, periodSize: 80 });`;
    const runText = (text: string, fault: Fault, mic: string): Promise<Ended> =>
        run(["--mic", mic, "-e", record50 + text], {
            cwd: folder.work,
            command: host,
            env: { ...preloaded(fault, folder.work), MAIXJS_DISK_LOG: join(folder.work, "../log") },
        });

    it.each([
        ["EIO", EIO, "EIO"],
        ["ENOSPC", ENOSPC, "ENOSPC"],
        ["EROFS", EROFS, "EACCES"],
        ["EDQUOT", EDQUOT, "ENOSPC"],
        ["EFBIG", EFBIG, "EFBIG"],
    ])("ends a script that does not handle %s with status 3", async (_, errno, code) => {
        const fault = { fail: `write 4 1000000 ${errno}` };
        const ended = await runText("for (;;) r.record(50);", fault, "sim:ramp,pace=fast");
        expect([ended.status, ended.stdout]).toEqual([3, ""]);
        expect(ended.stderr).toContain(code);
        expect(ended.stderr).toContain("a.wav");
        // The first 400 frames come with their header; the header of the next block fails.
        const bytes = readFileSync(join(folder.work, "a.wav"));
        expect([bytes.length, bytes.readUInt32LE(40)]).toEqual([44 + 800, 800]);
        expect(readdirSync(folder.work)).toEqual(["a.wav"]);
    });

    it("makes no script spin: each call waits for sound, and tries once", async () => {
        const ended = await runText(
            `let calls = 0, frames = 0;
             while (frames < 8000) {
                 try { frames += r.record(50).length / 2; } catch (e) { frames += e.data.length / 2; calls++; }
             }
             const s = r.stats();
             try { r.finish(); } catch {}
             console.log(JSON.stringify({ calls, frames, s }));`,
            { fail: `write 4 1000000 ${EIO}` },
            "sim:ramp",
        );
        expect([ended.status, ended.stderr]).toEqual([0, ""]);
        const { calls, frames, s } = JSON.parse(ended.stdout) as {
            calls: number;
            frames: number;
            s: DiskOutcome["stats"];
        };
        // A call gets a period of 80 frames at least.
        expect(calls).toBeLessThanOrEqual(frames / 80);
        expect([s.deliveredFrames, s.lostFrames, s.overruns]).toEqual([frames, 0, 0]);
        expect(s.unwrittenFrames).toBe(frames - 400);
        const log = readFileSync(join(folder.work, "../log"), "utf8");
        const tries = log.split("\n").filter((line) => line.startsWith("failed write")).length;
        // The block, its header, and the header of before once more.
        expect(tries).toBeLessThanOrEqual(3 * calls + 2);
    });
});

describe("a file that cannot be ended well, while no call is there to fail", () => {
    const recorder = 'new audio.Recorder("a.wav", { device: "sim:ramp,pace=fast" })';
    it.each([
        ["the end of the script", `const r = ${recorder}; r.record(100);`, 3],
        ["the end of the event loop", `const r = ${recorder}; setTimeout(() => r.record(100));`, 3],
        ["garbage", `let r = ${recorder}; r.record(100); r = null; std.gc();`, 3],
        ["a WavWriter", `const w = new audio.WavWriter("a.wav"); w.write(new Uint8Array(100));`, 3],
        [
            "an error of the script",
            `const r = ${recorder}; r.record(100); throw new Error("x");`,
            1,
        ],
        ["a status of the script's own", `${recorder}.record(100); process.exit(5);`, 5],
        ["close() has told", `const r = ${recorder}; r.record(1); try { r.close(); } catch {}`, 0],
    ])("is said, and status 3: %s", async (what, text, status) => {
        const head = 'import { audio } from "maix"; import * as std from "qjs:std";';
        const ended = await run(["-e", head + text], {
            cwd: folder.work,
            command: host,
            env: preloaded({ fail: `sync 1 1000 ${EIO}` }, folder.work),
        });
        expect([ended.status, ended.stdout]).toEqual([status, ""]);
        const told = ended.stderr.match(/^maixjs: .*a\.wav: Input\/output error$/gm) ?? [];
        expect(told).toHaveLength(what === "close() has told" ? 0 : 1);
    });
});

describe("a disk that never answers", () => {
    // The limits are 3 s for the script and 2 s more; five times that is a failure.
    const LIMIT_MS = 25_000;
    it.concurrent.each([
        // Stopped, the script leaves its loop, and waits for ever at the end of the file.
        ["sync 1", "while (!app.needExit()) block();"],
        ["sync 1", "while (!app.needExit()) block(); r.finish();"],
        ["write 9", "for (;;) block();"],
    ])("(%s) keeps nobody from ending the program", async (hang, loop) => {
        const cwd = join(tools.work, `never-${runs++}`);
        mkdirSync(cwd);
        const log = `${cwd}.log`;
        const begun = performance.now();
        const ended = await run(
            [
                ...["--mic", "sim:ramp", "-e"],
                `import { app, audio } from "maix";
                 const r = new audio.Recorder("a.wav", { sampleRate: 8000 });
                 const block = () => r.record(50);
                 ${loop}`,
            ],
            {
                cwd,
                command: host,
                env: {
                    LD_PRELOAD: preload,
                    MAIXJS_DISK_FOLDER: cwd,
                    MAIXJS_DISK_LOG: log,
                    MAIXJS_DISK_HANG: hang,
                },
                stopOnce: () => existsSync(log) && readFileSync(log, "utf8").includes("hangs\n"),
            },
        );
        expect(ended.status).toBe(128 + constants.signals.SIGINT);
        expect(performance.now() - begun).toBeLessThan(LIMIT_MS);
        const path = join(cwd, "a.wav");
        const bytes = readFileSync(path);
        const header = readHeader(path, bytes);
        const sound = bytes.subarray(header.dataAt, header.dataAt + header.dataBytes);
        expect(header.frames).toBeGreaterThan(400);
        expect(sound.equals(storedRamp("FMT_S16_LE", 1, 0, header.frames))).toBe(true);
    });
});

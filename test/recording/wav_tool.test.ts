// SPDX-License-Identifier: MIT
// `maixjs wav` on files that other programs made, and on recordings that were damaged: what it says,
// and that libsndfile, sox and ffmpeg agree on what it repaired.

import { spawnSync } from "node:child_process";
import {
    chmodSync,
    copyFileSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    statSync,
    symlinkSync,
    truncateSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";

import { readAlike } from "../support/readers.ts";
import { type Ended, maixjs, runScript, temporaryFolder } from "../support/run.ts";

let cwd: string;
beforeEach(() => {
    cwd = temporaryFolder();
});

const junk = Buffer.alloc(10, 1);

interface Problem {
    readonly code: string;
    readonly offset: number;
    readonly found: number;
    readonly expected: number;
    readonly what: string;
    readonly means: string;
    readonly repair: string;
}

interface Report {
    readonly good: boolean;
    readonly container: string | null;
    readonly format: string | null;
    readonly codec: string | null;
    readonly sampleRate: number | null;
    readonly channels: number | null;
    readonly frames: number | null;
    readonly dataOffset: number | null;
    readonly chunks: readonly { id: string; offset: number; bytes: number }[];
    readonly problems: readonly Problem[];
    readonly repairable: boolean;
    readonly repaired?: { path: string; frames: number; fieldsOnly: boolean } | null;
}

const wav = (...args: readonly string[]): Promise<Ended> => maixjs(["wav", ...args], { cwd });

/** What `--json` says; the status must fit to it. */
async function report(action: string, ...args: readonly string[]): Promise<Report> {
    const ended = await wav(action, ...args, "--json");
    const answer = JSON.parse(ended.stdout) as Report;
    const isFine = action === "repair" ? answer.repairable : answer.good;
    expect([ended.status, ended.stderr]).toEqual([isFine ? 0 : 1, ""]);
    return answer;
}

const codes = (answer: Report): string[] => answer.problems.map(({ code }) => code);

function tool(command: string, ...args: readonly string[]): void {
    const ended = spawnSync(command, args, { cwd, encoding: "utf8" });
    if (ended.status !== 0) throw new Error(`${command}: ${ended.stderr}`);
}

/** An odd number of frames of noise, made by sox. */
const make = (name: string, ...options: readonly string[]): void =>
    tool("sox", "-q", "-r", "8000", "-n", ...options, name, "synth", "801s", "sine", "440");

describe("nothing is wrong with what good programs write", () => {
    it("sox", async () => {
        const kinds = [
            ["-b", "8"],
            ["-b", "16"],
            ["-b", "24"],
            ["-b", "32"],
            ["-b", "16", "-B"],
        ];
        const codecs = [
            "floating-point",
            "a-law",
            "mu-law",
            "ima-adpcm",
            "ms-adpcm",
            "gsm-full-rate",
        ];
        for (const options of [...kinds, ...codecs.map((codec) => ["-e", codec])]) {
            for (const channels of ["1", "2", "3"]) {
                if (options[1] === "gsm-full-rate" && channels !== "1") continue;
                make("x.wav", "-c", channels, ...options);
                expect([options, codes(await report("check", "x.wav"))]).toEqual([options, []]);
            }
        }
    });

    it("ffmpeg", async () => {
        make("x.wav", "-c", "1", "-b", "16");
        const codecs =
            "pcm_u8 pcm_s24le pcm_s32le pcm_f32le pcm_f64le pcm_alaw adpcm_ima_wav adpcm_ms";
        const options = [
            ...codecs.split(" ").map((codec) => ["-c:a", codec]),
            // Not of an odd length: ffmpeg then counts the pad byte as sound.
            ["-rf64", "always"],
            ["-c:a", "pcm_u8", "-metadata", "title=odd"],
            ["-write_bext", "1"],
            ["-write_peak", "on"],
        ];
        for (const option of options) {
            tool("ffmpeg", "-v", "error", "-y", "-i", "x.wav", ...option, "y.wav");
            expect([option, codes(await report("check", "y.wav"))]).toEqual([option, []]);
        }
    });

    it("libsndfile", async () => {
        make("x.wav", "-c", "1", "-b", "16");
        for (const option of "pcmu8 pcm24 float32 ulaw ima-adpcm gsm610".split(" ")) {
            tool("sndfile-convert", `-${option}`, "x.wav", "y.wav");
            expect([option, codes(await report("check", "y.wav"))]).toEqual([option, []]);
        }
    });
});

describe("info", () => {
    it("says what it is", async () => {
        make("x.wav", "-c", "2", "-b", "24");
        const ended = await wav("info", "x.wav");
        expect(ended).toMatchObject({ status: 0, stderr: "" });
        expect(ended.stdout).toBe(
            "x.wav: RIFF, S24_3LE, 8000 Hz, 2 channels, 801 frames (0:00.100)\n" +
                '  chunk "fmt " at byte 20: 40 bytes\n' +
                '  chunk "fact" at byte 68: 4 bytes\n' +
                '  chunk "data" at byte 80: 4806 bytes\n' +
                "  good\n",
        );
        expect(await report("info", "x.wav")).toMatchObject({
            good: true,
            container: "RIFF",
            format: "S24_3LE",
            codec: "PCM",
            sampleRate: 8000,
            channels: 2,
            frames: 801,
            dataOffset: 80,
            repairable: true,
        });
    });

    it("a big-endian file is a microphone, too: one reader for all", async () => {
        make("x.wav", "-c", "1", "-b", "16", "-B");
        expect(await report("info", "x.wav")).toMatchObject({
            container: "RIFX",
            format: "S16_BE",
        });
        const ended = await runScript(
            `import { audio } from "maix";
             const device = "sim:file,pace=fast,path=x.wav";
             const r = new audio.Recorder("y.wav", { device, sampleRate: 8000 });
             r.save(100); r.finish();`,
            { cwd },
        );
        expect(ended).toMatchObject({ status: 0, stderr: "" });
        tool("sox", "x.wav", "-t", "raw", "-L", "x.raw");
        expect(readFileSync(join(cwd, "y.wav")).subarray(44)).toEqual(
            readFileSync(join(cwd, "x.raw")).subarray(0, 1600),
        );
    });
});

/** A recording of our own, whose sound is a ramp without end. */
async function record(name: string, options: string, frames: number): Promise<Buffer> {
    const ended = await runScript(
        `import { audio } from "maix";
         const { Format } = audio;
         const r = new audio.Recorder(${JSON.stringify(name)}, { device: "sim:ramp,pace=fast",
             sampleRate: 8000, ${options} });
         r.save(${frames / 8}); r.finish();`,
        { cwd },
    );
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    return readFileSync(join(cwd, name));
}

const FRAMES = 800;

/** What becomes of a good file, and the problems that it then has; `frames` are still there. */
interface Damage {
    readonly name: string;
    readonly codes: readonly string[];
    readonly harm: (file: Buffer, at: Places) => Buffer;
    readonly frames: (at: Places) => number;
    readonly fieldsOnly: boolean;
}

interface Places {
    readonly header: number;
    readonly frameBytes: number;
}

const changed = (file: Buffer, change: (copy: Buffer) => unknown): Buffer => {
    const copy = Buffer.from(file);
    change(copy);
    return copy;
};
const all = (): number => FRAMES;

const damages: readonly Damage[] = [
    {
        name: "cut in the middle of a frame, as after a power cut",
        codes: ["cut", "riff-size"],
        harm: (file, { header, frameBytes }) => file.subarray(0, header + 500 * frameBytes + 1),
        frames: ({ frameBytes }) => (frameBytes === 1 ? 501 : 500),
        fieldsOnly: true,
    },
    {
        name: "no sizes, as from a recorder that was killed",
        codes: ["size-unset", "riff-size"],
        harm: (file, { header }) =>
            changed(file, (copy) => {
                copy.writeUInt32LE(0, 4);
                copy.writeUInt32LE(0, header - 4);
            }),
        frames: all,
        fieldsOnly: true,
    },
    {
        name: "sizes of a stream",
        codes: ["size-unset", "riff-size"],
        harm: (file, { header }) =>
            changed(file, (copy) => {
                copy.writeUInt32LE(0xffffffff, 4);
                copy.writeUInt32LE(0xffffffff, header - 4);
            }),
        frames: all,
        fieldsOnly: true,
    },
    {
        name: "a header one block behind",
        codes: ["size-stale", "riff-size"],
        harm: (file, { header, frameBytes }) =>
            changed(file, (copy) => {
                copy.writeUInt32LE(header - 8 + 400 * frameBytes, 4);
                copy.writeUInt32LE(400 * frameBytes, header - 4);
            }),
        frames: all,
        fieldsOnly: true,
    },
    {
        name: "a tag behind it",
        codes: ["trailing"],
        harm: (file) =>
            Buffer.concat([file, Buffer.from("TAG of a music player".padEnd(128, "\0"))]),
        frames: all,
        fieldsOnly: true,
    },
    {
        name: "junk before the sound",
        codes: ["chain-broken", "riff-size"],
        harm: (file, { header }) =>
            Buffer.concat([
                file.subarray(0, header - 8),
                Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
                file.subarray(header - 8),
            ]),
        frames: all,
        fieldsOnly: false,
    },
];

const kinds: readonly (readonly [string, number, number])[] = [
    ["format: Format.FMT_S16_LE", 44, 2],
    ["format: Format.FMT_U8", 44, 1],
    ["format: Format.FMT_S24_3LE, channel: 3", 68, 9],
    ["format: Format.FMT_F32_LE", 80, 4],
];

describe("damaged recordings", () => {
    for (const [options, header, frameBytes] of kinds) {
        for (const damage of damages) {
            it(`${damage.name}; ${options}`, async () => {
                const at = { header, frameBytes };
                const bad = damage.harm(await record("a.wav", options, FRAMES), at);
                writeFileSync(join(cwd, "a.wav"), bad);
                const frames = damage.frames(at);
                const checked = await report("check", "a.wav");
                // Float has a frame count of its own.
                expect(codes(checked).filter((code) => code !== "fact")).toEqual(damage.codes);
                expect(checked.frames).toBe(frames);

                const repaired = await report("repair", "a.wav");
                expect(repaired.repaired).toEqual({
                    path: "a-repaired.wav",
                    frames,
                    fieldsOnly: false,
                });
                expect(readFileSync(join(cwd, "a.wav"))).toEqual(bad); // untouched
                expect((await report("repair", "a.wav", "--in-place")).repaired).toEqual({
                    path: "a.wav",
                    frames,
                    fieldsOnly: damage.fieldsOnly,
                });
                for (const name of ["a.wav", "a-repaired.wav"]) {
                    expect(await wav("check", name)).toMatchObject({ status: 0, stderr: "" });
                    expect(readAlike(join(cwd, name)).frames).toBe(frames);
                    const sound = readFileSync(join(cwd, name)).subarray(header);
                    const start = damage.name.startsWith("junk") ? header + 10 : header;
                    const there = bad.subarray(start, start + frames * frameBytes);
                    expect(sound.subarray(0, there.length)).toEqual(there);
                }
                expect(
                    readdirSync(cwd)
                        .filter((name) => !name.startsWith(".cache"))
                        .sort(),
                ).toEqual(["a-repaired.wav", "a.wav"]);
            });
        }
    }

    it("sound before its format, two pieces of sound, an old RF64", async () => {
        const good = await record("a.wav", "channel: 1", FRAMES);
        const [head, fmt, data] = [good.subarray(0, 12), good.subarray(12, 36), good.subarray(36)];
        writeFileSync(join(cwd, "order.wav"), Buffer.concat([head, data, fmt]));
        const twice = Buffer.concat([good, Buffer.from("LIST\x04\0\0\0INFO"), data]);
        twice.writeUInt32LE(twice.length - 8, 4);
        writeFileSync(join(cwd, "twice.wav"), twice);
        const ds64 = Buffer.alloc(32);
        ds64.write("ds64\x18");
        ds64.writeUInt32LE(good.length - 8 + 32, 8);
        ds64.writeUInt32LE(data.length - 8, 16);
        ds64.writeUInt32LE(FRAMES, 24);
        const old = Buffer.concat([head, ds64, fmt, data]);
        old.write("RF64\xff\xff\xff\xff", "latin1");
        old.writeUInt32LE(0xffffffff, 12 + 32 + 24 + 4);
        writeFileSync(join(cwd, "old.wav"), old);
        const expected = { order: ["order"], twice: ["data-twice"], old: ["ds64-short"] };
        for (const [name, problems] of Object.entries(expected)) {
            expect(codes(await report("check", `${name}.wav`))).toEqual(problems);
            expect((await report("repair", `${name}.wav`)).repaired?.fieldsOnly).toBe(false);
            const file = join(cwd, `${name}-repaired.wav`);
            expect(readAlike(file).frames).toBe(name === "twice" ? 2 * FRAMES : FRAMES);
            expect(await wav("check", `${name}-repaired.wav`)).toMatchObject({ status: 0 });
        }
    });

    it("what ffmpeg sends into a pipe", async () => {
        make("x.wav", "-c", "1", "-b", "16");
        const args = ["-v", "error", "-i", "x.wav", "-f", "wav", "-"];
        writeFileSync(join(cwd, "pipe.wav"), spawnSync("ffmpeg", args, { cwd }).stdout);
        expect(codes(await report("check", "pipe.wav"))).toEqual(["size-unset", "riff-size"]);
        await report("repair", "pipe.wav");
        expect(readAlike(join(cwd, "pipe-repaired.wav")).frames).toBe(801);
    });
});

describe("in words", () => {
    it("says what, where, what it means and what repair does", async () => {
        await record("a.wav", "channel: 1", FRAMES);
        truncateSync(join(cwd, "a.wav"), 44 + 500);
        const ended = await wav("check", "a.wav");
        expect(ended).toMatchObject({ status: 1, stderr: "" });
        expect(ended.stdout).toBe(
            "a.wav: 2 things are wrong; RIFF, S16_LE, 8000 Hz, 1 channel, 250 frames (0:00.031)\n" +
                "- the sound's size, at byte 40, is 1600 bytes, but only 500 are there: the file " +
                "is cut, as after a power cut\n" +
                "  means:  readers play what is there, or refuse the file\n" +
                "  repair: writes the size of the whole frames that are there\n" +
                "- the size of the whole, at byte 4, is 1636; it should be 536\n" +
                "  means:  strict readers cut or refuse the file\n" +
                "  repair: writes the right one (beyond 4 GiB as RF64)\n",
        );
        expect((await wav("info", "a.wav")).stdout).toMatch(
            /2 things are wrong: see maixjs wav check\n$/,
        );
        expect((await wav("repair", "a.wav", "-o", "b.wav")).stdout).toBe(
            "wrote b.wav: RIFF, S16_LE, 8000 Hz, 1 channel, 250 frames (0:00.031)\n",
        );
        expect((await wav("repair", "b.wav")).stdout).toBe("b.wav: good, nothing to repair\n");
        expect((await wav("repair", "--in-place", "--", "a.wav")).stdout).toBe(
            "repaired a.wav in place: RIFF, S16_LE, 8000 Hz, 1 channel, 250 frames (0:00.031)\n",
        );
    });

    it("cuts no other recording off that stands behind the file", async () => {
        const good = await record("a.wav", "channel: 1", 100);
        const both = Buffer.concat([good, good]);
        writeFileSync(join(cwd, "a.wav"), both);
        for (const damaged of [
            both,
            Buffer.concat([good.subarray(0, 12), junk, both.subarray(12)]),
        ]) {
            writeFileSync(join(cwd, "a.wav"), damaged);
            const ended = await wav("repair", "a.wav", "--in-place");
            expect(ended.stderr).toMatch(
                /^maixjs: a\.wav: another recording begins at byte \d+, .* without --in-place\n$/,
            );
            expect([ended.status, ended.stdout]).toEqual([3, ""]);
            expect(readFileSync(join(cwd, "a.wav"))).toEqual(damaged);
        }
        expect((await wav("repair", "a.wav")).status).toBe(0);
    });

    it("refuses, and changes nothing, where the format is not known", async () => {
        const bad = {
            "empty.wav": Buffer.alloc(0),
            "zeros.wav": Buffer.alloc(5000),
            "text.wav": Buffer.from("this is no sound at all"),
            "fmt.wav": Buffer.from(
                "RIFF\x1c\0\0\0WAVEfmt \0\0\0\0data\x08\0\0\x0012345678",
                "latin1",
            ),
        };
        for (const [name, bytes] of Object.entries(bad)) {
            writeFileSync(join(cwd, name), bytes);
            expect((await wav("check", name)).status).toBe(1);
            for (const how of [[], ["--in-place"]]) {
                const ended = await wav("repair", name, ...how);
                expect([ended.status, ended.stderr]).toEqual([1, ""]);
                expect(ended.stdout).toContain("cannot be repaired, nothing was changed");
                expect(ended.stdout).toContain("repair: nothing, as the format is not known");
                expect((await report("repair", name)).repaired).toBeNull();
            }
            expect(readFileSync(join(cwd, name))).toEqual(bytes);
        }
        expect(readdirSync(cwd).filter((name) => name.endsWith(".wav"))).toHaveLength(4);
    });
});

describe("files and arguments", () => {
    it("keeps mode and links, replaces nothing, leaves nothing behind", async () => {
        const good = await record("a.wav", "channel: 1", FRAMES);
        const bad = Buffer.concat([good.subarray(0, 36), Buffer.from("\0\0"), good.subarray(36)]);
        writeFileSync(join(cwd, "a.wav"), bad);
        writeFileSync(join(cwd, "a-repaired.wav"), "mine");
        for (const args of [["a.wav"], ["a.wav", "-o", "a.wav"]]) {
            const refused = await wav("repair", ...args);
            expect([refused.status, refused.stdout]).toEqual([3, ""]);
            expect(refused.stderr).toMatch(/exists already: name another file with -o\n$/);
        }
        expect(readFileSync(join(cwd, "a-repaired.wav"), "utf8")).toBe("mine");
        mkdirSync(join(cwd, "elsewhere"));
        copyFileSync(join(cwd, "a.wav"), join(cwd, "elsewhere/real.wav"));
        chmodSync(join(cwd, "elsewhere/real.wav"), 0o640);
        symlinkSync("elsewhere/real.wav", join(cwd, "link.wav"));
        expect(await wav("repair", "link.wav", "--in-place")).toMatchObject({ status: 0 });
        expect(readFileSync(join(cwd, "elsewhere/real.wav"))).toEqual(good);
        expect(statSync(join(cwd, "elsewhere/real.wav")).mode & 0o777).toBe(0o640);
        expect(readdirSync(join(cwd, "elsewhere"))).toEqual(["real.wav"]);
    });

    it("3: what cannot be read or written", async () => {
        const good = await record("a.wav", "channel: 1", FRAMES);
        writeFileSync(join(cwd, "bad.wav"), good.subarray(0, 1000));
        for (const args of [
            ["check", "nowhere.wav"],
            ["info", "."],
            ["check", "/dev/null"],
            ["repair", "bad.wav", "-o", "nowhere/x.wav"],
        ]) {
            const ended = await wav(...args);
            expect([args, ended.status, ended.stdout]).toEqual([args, 3, ""]);
            expect(ended.stderr).toMatch(/^maixjs: .*\n$/);
        }
        // No room for the copy: it has no name yet, so nothing of it stays.
        writeFileSync(join(cwd, "long.wav"), Buffer.concat([good, Buffer.alloc(4000)]));
        const ended = await maixjs(["wav", "repair", "long.wav"], { cwd, setup: "ulimit -f 1" });
        expect([ended.status, ended.stdout]).toEqual([3, ""]);
        expect(readdirSync(cwd).filter((name) => /long-|part/.test(name))).toEqual([]);
    });

    it("3: nowhere to say it", async () => {
        await record("a.wav", "channel: 1", FRAMES);
        const ended = await maixjs(["wav", "check", "a.wav"], { cwd, setup: "exec >/dev/full" });
        expect(ended.status).toBe(3);
        expect(ended.stderr).toMatch(/cannot write to standard output/);
    });

    it("2: wrong usage; 0: --help, with examples", async () => {
        for (const args of [
            [],
            ["mend", "a.wav"],
            ["check"],
            ["check", "a.wav", "b.wav"],
            ["check", "a.wav", "--loud"],
            ["check", "a.wav", "--in-place"],
            ["info", "a.wav", "-o", "b.wav"],
            ["repair", "a.wav", "-o"],
            ["repair", "a.wav", "-o", "b.wav", "--in-place"],
        ]) {
            const ended = await wav(...args);
            expect([args, ended.status, ended.stdout]).toEqual([args, 2, ""]);
            expect(ended.stderr).toMatch(/^maixjs: wav: .* \(see maixjs wav --help\)\n$/);
        }
        const help = await wav("--help");
        expect(help).toMatchObject({ status: 0, stderr: "" });
        expect(help.stdout).toContain("maixjs wav check take.wav");
        expect((await maixjs(["--help"], { cwd })).stdout).toContain(
            "maixjs wav info|check|repair",
        );
    });
});

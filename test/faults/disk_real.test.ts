// SPDX-License-Identifier: MIT
// Real file systems that fail: full, pulled out, dying, read-only, at a limit. They are mounted in a
// name space of their own, which takes them away.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { createFolder } from "../support/process.ts";
import { type DiskOutcome, expectWhole } from "./support/disk_outcome.ts";
import { compileProgram, host } from "./support/interpose.ts";
import { type FormatName, readHeader, storedRamp } from "./support/ramp.ts";
import { areReadersThere, md5, readMany } from "./support/read_many.ts";

const TIME_LIMIT_MS = 60_000;
const script = fileURLToPath(new URL("support/disk_script.mjs", import.meta.url));
const tools = createFolder();
let pull: string;
beforeAll(() => {
    pull = compileProgram("pull", tools.work);
});
let folder: ReturnType<typeof createFolder>;
beforeEach(() => {
    folder?.remove();
    folder = createFolder();
    mkdirSync(join(folder.work, "disk"));
    mkdirSync(join(folder.work, "out"));
});
afterAll(() => {
    folder?.remove();
    tools.remove();
});

interface Done {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** Shell commands in a name space of their own, in a folder that has `disk` and `out`. */
function shell(text: string, cwd: string): Done {
    const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, HOME: cwd };
    const args = ["-m", "sh", "-ec", text];
    return spawnSync("unshare", args, { cwd, env, encoding: "utf8", timeout: TIME_LIMIT_MS });
}

const mountExt4 = (options = ""): string =>
    `truncate -s 4M image; mkfs.ext4 -q -m 0 -b 1024 image
     mount -o loop,errors=remount-ro${options} image disk; cd disk; rmdir lost+found`;

/** A folder on a file system that lets it have 512 KiB. */
const mountQuota = `truncate -s 128M image; mkfs.btrfs -q image >/dev/null
     mount -o loop image disk; cd disk; btrfs quota enable . >/dev/null
     btrfs subvolume create limited >/dev/null; btrfs qgroup limit 512K limited; cd limited`;

/** As the kernel does when it finds an error in the file system: of this folder's, no other. */
const turnReadOnly =
    "echo x >/sys/fs/ext4/$(basename $(findmnt -no SOURCE --target .))/trigger_fs_error";

/** Loop devices can be mounted here: root, and not in a container that forbids it. */
const canMount = (mount: string): boolean => {
    const { work, remove } = createFolder();
    const done = shell(`mkdir disk; ${mount}`, work);
    remove();
    if (done.status !== 0) console.log(`not run, cannot be mounted here: ${done.stderr.trim()}`);
    return done.status === 0;
};

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

interface Options {
    readonly format: FormatName;
    readonly calls: number;
    readonly rate?: number;
    readonly ms?: number;
    readonly commands?: readonly { readonly call: number; readonly command: string }[];
}

const recordCommand = (options: Options): string =>
    `${quote(host)} --mic sim:ramp,pace=fast ${quote(script)} ${quote(JSON.stringify(options))}`;

function outcomeOf(done: Done): DiskOutcome {
    expect([done.status, done.stderr]).toEqual([0, ""]);
    return JSON.parse(done.stdout) as DiskOutcome;
}

const codesOf = ({ errors }: DiskOutcome): string[] => [...new Set(errors.map(([, code]) => code))];

describe("a limit of the process (ulimit -f)", () => {
    it("ends a file with EFBIG, and not the recording", () => {
        const options: Options = { format: "FMT_S24_3LE", calls: 30 };
        const place = join(folder.work, "out");
        const text = `ulimit -f 20; cd out; exec ${recordCommand(options)}`;
        const done = spawnSync("sh", ["-c", text], { cwd: folder.work, encoding: "utf8" });
        const outcome = outcomeOf(done);
        expectWhole(place, outcome, options.format);
        expect([codesOf(outcome), outcome.inexact]).toEqual([["EFBIG"], []]);
        // 20 blocks of 512 bytes hold 8 calls of 1200 and a part of one, twice.
        const bytes = readFileSync(join(place, "a.wav"));
        expect(bytes.length).toBeGreaterThan(20 * 512 - 4);
        expect(outcome.errors).toHaveLength(2 * (15 - 8));
    });
});

describe.skipIf(!canMount(mountExt4()))("a file system", () => {
    it("that is full keeps what fits, and goes on when there is room", () => {
        const options: Options = {
            format: "FMT_S16_LE",
            calls: 140,
            rate: 48000,
            ms: 100,
            commands: [{ call: 120, command: "rm ballast" }],
        };
        const done = shell(
            `${mountExt4(",nodelalloc")}
             free=$(df --output=avail -k . | tail -1)
             head -c $(((free - 900) * 1024)) /dev/zero >ballast
             ${recordCommand(options)}
             cp a.wav b.wav ../out`,
            folder.work,
        );
        const outcome = outcomeOf(done);
        expectWhole(join(folder.work, "out"), outcome, options.format);
        expect([codesOf(outcome), outcome.inexact]).toEqual([["ENOSPC"], []]);
        const [gap] = outcome.stats.gaps;
        expect([outcome.stats.gaps.length, gap?.frames]).toEqual([
            1,
            outcome.stats.unwrittenFrames,
        ]);
        // It went on: the gap is in the file, not at its end.
        expect((gap?.at ?? 0) < outcome.summary.frames).toBe(true);
    });

    it("whose card is pulled: EIO, capture goes on, what was synced is there", () => {
        // The first take is finished, and so synced, before the second is recorded.
        const options: Options = {
            format: "FMT_S16_LE",
            calls: 40,
            commands: [{ call: 30, command: `${pull} .` }],
        };
        const done = shell(
            `${mountExt4()}
             ${recordCommand(options)}
             cd ..; umount disk; mount -o loop image disk; cp disk/*.wav out`,
            folder.work,
        );
        const outcome = outcomeOf(done);
        const { stats } = outcome;
        expect(codesOf(outcome)).toEqual(["EIO"]);
        expect(outcome.errors.map(([call]) => call)).toEqual(
            [...Array(10).keys()].map((i) => i + 30).concat("finish" as never),
        );
        expect(stats).toMatchObject({ lostFrames: 0, overruns: 0, unwrittenFrames: 10 * 400 });
        expect([outcome.returned, stats.deliveredFrames]).toEqual([16000, 16000]);
        expect(stats.gaps).toMatchObject([{ frame: 12000, at: 4000, frames: 4000, cause: "disk" }]);
        const path = join(folder.work, "out/a.wav");
        const bytes = readFileSync(path);
        const header = readHeader(path, bytes);
        expect([header.frames, bytes.length]).toEqual([8000, 44 + 16000]);
        const sound = storedRamp("FMT_S16_LE", 1, 0, 8000);
        expect(bytes.subarray(44).equals(sound)).toBe(true);
        if (areReadersThere) {
            const hash = md5(sound);
            expect(readMany([path])[0]).toEqual({
                sndfile: hash,
                sox: hash,
                ffmpeg: hash,
                wave: hash,
                frames: 8000,
            });
        }
    });

    it.each([
        ["whose card is pulled", "PULL .", "EIO"],
        ["that turns read-only", turnReadOnly, "EACCES"],
    ])("%s ends a script that does not handle it with status 3", (_, command, code) => {
        const text = `
            import { audio } from "maix";
            import * as os from "qjs:os";
            const r = new audio.Recorder("a.wav");
            r.record(100);
            if (os.exec(["sh", "-c", ${JSON.stringify(command.replace("PULL", pull))}]) !== 0) throw 1;
            for (;;) r.record(100);`;
        const done = shell(
            `${mountExt4()}
             exec ${quote(host)} --mic sim:ramp,pace=fast -e ${quote(text)}`,
            folder.work,
        );
        expect([done.status, done.stdout]).toEqual([3, ""]);
        expect(done.stderr).toContain(code);
        expect(done.stderr).toContain("a.wav");
    });

    it("that turns read-only: EACCES, what is there stays, capture goes on", () => {
        const options: Options = {
            format: "FMT_S16_LE",
            calls: 20,
            commands: [{ call: 15, command: turnReadOnly }],
        };
        const done = shell(
            `${mountExt4()}
             ${recordCommand(options)}
             cp *.wav ../out`,
            folder.work,
        );
        const outcome = outcomeOf(done);
        expect(codesOf(outcome)).toContain("EACCES");
        expect(
            outcome.errors.filter(([call]) => call !== "finish").map(([, code]) => code),
        ).toEqual(Array(5).fill("EACCES"));
        expect(outcome.inexact).toEqual([]);
        expectWhole(join(folder.work, "out"), outcome, options.format);
    });

    it("that dies unseen: the next sync finds out, the next call tells", () => {
        const text = `
            import { audio } from "maix";
            import * as os from "qjs:os";
            const r = new audio.Recorder("a.wav", { sampleRate: 8000 });
            let frames = r.record(50).length / 2;
            if (os.exec(["sh", "-c", "truncate -s 0 ../image && losetup -c $(findmnt -no SOURCE --target .)"]) !== 0) throw 1;
            const errors = [];
            while (errors.length === 0 && frames < 8000 * 20) {
                try { frames += r.record(50).length / 2; }
                catch (e) { frames += e.data.length / 2; errors.push(e.code); }
            }
            const s = r.stats();
            try { r.finish(); } catch (e) { errors.push(e.code); }
            console.log(JSON.stringify({ errors, frames, s }));`;
        const done = shell(
            `${mountExt4()}
             exec ${quote(host)} --mic sim:ramp -e ${quote(text)}`,
            folder.work,
        );
        expect([done.status, done.stderr]).toEqual([0, ""]);
        const { errors, frames, s } = JSON.parse(done.stdout) as {
            errors: string[];
            frames: number;
            s: DiskOutcome["stats"];
        };
        // EIO of the sync; or already what the kernel made of it: a read-only file system.
        expect(["EIO", "EACCES"]).toContain(errors[0]);
        expect([s.deliveredFrames, s.lostFrames]).toEqual([frames, 0]);
    });

    it("that is mounted read-only refuses each new file, and the recording goes on", () => {
        const text = `
            import { audio } from "maix";
            const codeOf = (call) => { try { call(); return "nothing"; } catch (e) { return e.code; } };
            const options = { device: "sim:ramp,pace=fast", sampleRate: 8000 };
            const r = new audio.Recorder("../out/a.wav", options);
            const codes = [];
            r.record(50);
            codes.push(codeOf(() => r.open("b.wav")));
            r.record(50);
            codes.push(codeOf(() => new audio.Recorder("b.wav", options)));
            codes.push(codeOf(() => new audio.WavWriter("b.wav")));
            console.log(JSON.stringify([...codes, r.finish().frames]));`;
        const done = shell(
            `${mountExt4()}
             mount -o remount,ro .
             exec ${quote(host)} -e ${quote(text)}`,
            folder.work,
        );
        expect([done.status, done.stderr]).toEqual([0, ""]);
        expect(JSON.parse(done.stdout)).toEqual(["EACCES", "EACCES", "EACCES", 800]);
        expect(
            readFileSync(join(folder.work, "out/a.wav"))
                .subarray(44)
                .equals(storedRamp("FMT_S16_LE", 1, 0, 800)),
        ).toBe(true);
    });
});

it.skipIf(!canMount(mountQuota))("a quota is a full disk", () => {
    const options: Options = { format: "FMT_S16_LE", calls: 80, rate: 48000, ms: 100 };
    const done = shell(
        `${mountQuota}
         ${recordCommand({ ...options, commands: [{ call: 70, command: "btrfs qgroup limit none ." }] })}
         cp *.wav ../../out`,
        folder.work,
    );
    const outcome = outcomeOf(done);
    expectWhole(join(folder.work, "out"), outcome, options.format);
    expect(codesOf(outcome)).toEqual(["ENOSPC"]);
    // Btrfs needs room even to cut a file off: a tail may stay behind what the header names.
    for (const [, name, found, frames] of outcome.inexact) {
        expect([name, String(found)]).toEqual([
            name,
            expect.stringMatching(`^data ${2 * Number(frames)} of `),
        ]);
    }
    const behind = (outcome.stats.gaps.at(-1)?.at ?? 0) < outcome.summary.frames;
    expect([outcome.stats.gaps.length > 0, behind]).toEqual([true, true]);
});

// SPDX-License-Identifier: MIT
// A disk that really is full: a small tmpfs, mounted in a name space of its own, which takes it away.

import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

import { executable } from "../support/process.ts";
import { temporaryFolder } from "../support/run.ts";

// As root, else as a user who may be root in a name space.
const unshare = [["-m"], ["-rm"]].find(
    (options) =>
        spawnSync("unshare", [...options, "mount", "-t", "tmpfs", "x", "/mnt"]).status === 0,
);

/** Runs a script in a folder on a tmpfs of 256 KiB, of which `ballast` takes 64. */
function onSmallDisk(code: string): unknown {
    const ended = spawnSync(
        "unshare",
        [
            ...(unshare ?? []),
            "sh",
            "-c",
            `mount -t tmpfs -o size=256k tmpfs . && cd "$PWD" &&
             head -c 65536 /dev/zero >ballast && exec "$0" - `,
            executable,
        ],
        { cwd: temporaryFolder(), input: code, encoding: "utf8", timeout: 20_000 },
    );
    expect([ended.status, ended.stderr]).toEqual([0, ""]);
    return JSON.parse(ended.stdout);
}

const head = `
import { audio } from "maix";
import * as os from "qjs:os";
import * as std from "qjs:std";
const read = (path) => {
    const file = std.open(path, "rb");
    const bytes = new Uint8Array(os.stat(path)[0].size);
    file.read(bytes.buffer, 0, bytes.length);
    file.close();
    return bytes;
};
// Where bytes stop to be the ramp that begins with this frame; -1: nowhere.
const breakIn = (bytes, frame) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = 0; i < bytes.length / 2; i++) {
        if (view.getUint16(2 * i, true) !== ((frame + i) & 0xffff)) return i;
    }
    return -1;
};
`;

it.skipIf(!unshare)("what fits is kept, nothing is lost unseen, freed space is used", () => {
    // Twenty calls of 9600 bytes fit into what is left, and a part of one more.
    const answer = onSmallDisk(`${head}
        const r = new audio.Recorder("take.wav", { device: "sim:ramp,pace=fast" });
        const errors = [];
        let frame = 0;
        for (let i = 0; i < 36; i++) {
            let data;
            try {
                data = r.record(100);
            } catch (error) {
                errors.push(error.code);
                data = error.data;
            }
            if (breakIn(data, frame) !== -1) throw new Error("data of call " + i);
            frame += data.length / 2;
            const bytes = read("take.wav");
            const named = new DataView(bytes.buffer).getUint32(40, true);
            const s = r.stats();
            const fileFrames = s.deliveredFrames - s.unwrittenFrames;
            if (named !== bytes.length - 44 || named !== 2 * fileFrames) throw new Error("file " + i);
            if (i === 30) os.remove("ballast");
        }
        const { frames } = r.finish();
        const { gaps, unwrittenFrames, deliveredFrames } = r.stats();
        const pcm = read("take.wav").subarray(44);
        const gap = gaps[0];
        const before = pcm.slice(0, 2 * gap.at);
        const behind = pcm.slice(2 * gap.at);
        console.log(JSON.stringify({
            codes: [...new Set(errors)],
            causes: gaps.map((g) => [g.cause, g.exact]),
            missing: gap.frames === unwrittenFrames,
            sum: frames + unwrittenFrames === deliveredFrames && pcm.length === 2 * frames,
            before: breakIn(before, 0),
            behind: behind.length > 0 ? breakIn(behind, gap.frame + gap.frames) : "nothing",
            left: os.readdir(".")[0].filter((name) => name.endsWith(".part")),
        }));
    `);
    expect(answer).toEqual({
        codes: ["ENOSPC"],
        causes: [["disk", true]],
        missing: true,
        sum: true,
        before: -1,
        behind: -1,
        left: [],
    });
});

it.skipIf(!unshare)(
    "no room for a header: one error a call, no file, and later there is one",
    () => {
        const answer = onSmallDisk(`${head}
        os.exec(["sh", "-c", "head -c 1048576 /dev/zero >more 2>/dev/null"]);
        const r = new audio.Recorder("take.wav", { device: "sim:ramp,pace=fast" });
        const answers = [];
        for (let i = 0; i < 3; i++) {
            try {
                answers.push(r.record(10).length);
            } catch (error) {
                answers.push(error.code, os.readdir(".")[0].filter((name) => !/^\\.\\.?$/.test(name)).sort());
                if (i === 1) os.remove("ballast");
            }
        }
        console.log(JSON.stringify([...answers, r.finish().frames]));
    `);
        const left = ["ballast", "more"];
        expect(answer).toEqual(["ENOSPC", left, "ENOSPC", left, 960, 480]);
    },
);

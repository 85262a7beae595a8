// SPDX-License-Identifier: MIT
// The accounting equations hold behind every call, in any order of calls, under faults and each
// onOverrun; and the files are as long as they say.

import { expect, it } from "vitest";

import { runScript } from "../support/run.ts";

const SEEDS = 24;
const STEPS = 60;

// One random program: a device with faults at random frames, then random calls.
const script = `
import { audio } from "maix";
import * as os from "qjs:os";
let seed = Number(process.argv[2]);
const random = (n) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
};
const faults = ["sim:ramp", "pace=fast"];
for (let i = 0, at = 0; i < 6; i++) {
    at += 200 + random(6000);
    const kinds = ["xrun_at=" + at + ":" + (1 + random(3000)), "suspend_at=" + at,
        "stall_at=" + at + ":1", "unplug_at=" + at];
    faults.push(kinds[random(random(3) === 0 ? 4 : 3)]);
}
const options = {
    device: faults.join(","),
    onOverrun: ["mark", "silence", "throw"][random(3)],
    block: random(2) === 0,
    bufferMs: 20 + random(300),
    sampleRate: 8000,
};
const files = ["0.wav"];
const r = new audio.Recorder(files[0], options);
const calls = [];
let gotBytes = 0;

function check() {
    const s = r.stats();
    const fail = (what) => {
        throw new Error(what + " " + JSON.stringify({ s, options, gotBytes, calls }));
    };
    const { deliveredFrames: delivered, bufferedFrames: buffered } = s;
    if (s.capturedFrames !== delivered + s.discardedFrames + buffered) fail("captured");
    if (gotBytes !== 2 * (delivered + s.silenceFrames)) fail("delivered");
    let fileFrames = 0;
    for (const file of files) {
        const [status, missing] = os.stat(file);
        fileFrames += missing ? 0 : (status.size - 44) / 2;
    }
    if (fileFrames !== delivered + s.silenceFrames - s.unwrittenFrames) fail("file");
    let listed = 0;
    for (const gap of s.gaps) listed += gap.frames;
    if (listed > s.lostFrames) fail("listed");
    if (r.state === "released" && (listed !== s.lostFrames || buffered !== 0)) fail("rest");
}

async function step() {
    switch (random(9)) {
        case 0: return r.record().length;
        case 1: return 2 * r.save(random(200));
        case 2: return 2 * r.readInto(new Int16Array(random(1000)));
        case 3: r.reset(); break;
        case 4: r.reset(false); break;
        case 5: r.open(files.length + ".wav"); files.push(files.length + ".wav"); break;
        case 6:
            for await (const chunk of r.stream({ frames: 1 + random(900) })) {
                gotBytes += chunk.bytes.length;
                check();
                if (random(3) === 0) break;
                if (random(9) === 0) r.finish();
            }
            break;
        case 7: r.periodSize(10 + random(200)); break;
        default:
            if (random(9) === 0) r.finish();
            return r.record(random(200)).length;
    }
    return 0;
}

for (let i = 0; i < ${STEPS}; i++) {
    try {
        const bytes = await step();
        gotBytes += bytes;
        calls.push("ok");
    } catch (error) {
        if (!["ELOST", "EOVERRUN", "EFINISHED", "EBUSY"].includes(error.code)) throw error;
        gotBytes += 2 * (error.frames ?? 0);
        if (error.data && error.data.length !== 2 * error.frames) throw new Error("err.data");
        calls.push(error.code);
    }
    check();
}
r.close();
check();
console.log(calls.join(" "));
`;

it("holds in random programs", { timeout: 120_000 }, async () => {
    const met = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
        const ended = await runScript(script, { args: [String(seed)] });
        const errors = ended.stderr.replaceAll(/^maixjs: .* of sound are missing .*\n/gm, "");
        expect([seed, ended.status, errors]).toEqual([seed, 0, ""]);
        for (const call of ended.stdout.trim().split(" ")) met.add(call);
    }
    // The programs reached what they are meant to reach.
    expect([...met].sort()).toEqual(["EBUSY", "EFINISHED", "ELOST", "EOVERRUN", "ok"]);
});

// SPDX-License-Identifier: MIT
// What came of a case: statuses, outputs and files of its processes, and what a recorder reported.

import { must, same } from "./must.mjs";

/** @typedef {import("./guest/plan.js").CaseResult} CaseResult */
/** @typedef {import("./frames.mjs").Gap} Gap */

/** What test/lab/record.ts prints at its end. */
/**
 * @typedef {object} Report
 * @property {number} delivered
 * @property {{ code: string, frames?: number, message: string }[]} errors
 * @property {string} state
 * @property {{ frames: number, lostFrames: number }} summary
 * @property {{ capturedFrames: number, deliveredFrames: number, discardedFrames: number,
 *     bufferedFrames: number, lostFrames: number, silenceFrames: number, overruns: number,
 *     gaps: (Gap & { cause: string, exact: boolean })[] }} stats
 * @property {{ device: string, format: number, channel: number, sampleRate: number }} hardware
 */

/** What came of a case. */
export class Outcome {
    /** @param {CaseResult} result @param {Map<string, Buffer>} files */
    constructor(result, files) {
        this.result = result;
        this.files = files;
    }

    /** @param {string} id */
    status(id) {
        return this.result.processes[id];
    }

    /** @param {string} name @returns {Buffer} */
    file(name) {
        const data = this.files.get(name);
        must(data !== undefined, `there is no ${name}`);
        return data;
    }

    /** @param {string} id */
    stdout(id) {
        return this.file(`${id}.out`).toString("utf8");
    }

    /** @param {string} id */
    stderr(id) {
        return this.file(`${id}.err`).toString("utf8");
    }

    /** The last line of the recording script, once it ended well. @returns {Report} */
    report(id = "recorder") {
        same(this.status(id), 0, `${id}: ${this.stderr(id)}status`);
        const report = /** @type {Report} */ (
            JSON.parse(this.stdout(id).trim().split("\n").at(-1) ?? "")
        );
        const { stats } = report;
        const captured = stats.deliveredFrames + stats.discardedFrames + stats.bufferedFrames;
        same(stats.capturedFrames, captured, "captured = delivered + discarded + buffered");
        return report;
    }

    /** The player must not have run dry: then the kernel, not the recorder, would miss frames. */
    playerIsFine() {
        const status = this.status("player");
        must(status === null || status === 0, `player: status ${status}, ${this.stdout("player")}`);
    }
}

/** A recorder that could not be opened: status 3, one line that says why, no file.
 * @param {Outcome} outcome @param {string} code @param {RegExp} message */
export function refused(outcome, code, message, id = "recorder") {
    same(outcome.status(id), 3, `${id}: ${outcome.stderr(id)}status`);
    const [line = ""] = outcome.stderr(id).split("\n");
    must(line.includes(code) && message.test(line), `it says: ${line}`);
    must(!outcome.files.has("take.wav"), "a file was made");
    return 0;
}

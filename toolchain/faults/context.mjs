// SPDX-License-Identifier: MIT
// What the stages of `npm run test:faults` share: options, a folder, and the count.

import { availableParallelism } from "node:os";

import { say } from "../lib.mjs";

/** How many programs run at once. */
export const JOBS = Math.max(1, Math.min(8, availableParallelism()));

/**
 * @typedef {object} Faults
 * @property {number} seed of everything that is random
 * @property {boolean} full the long form of bounded stages
 * @property {string} scratch a folder; it is kept when something fails
 * @property {readonly string[]} args for the stage's own program
 * @property {(what: string) => void} passed
 * @property {(what: string, why: string) => void} failed
 */

/** Runs the jobs, as many at once as there are processors.
 * @template T @param {readonly T[]} jobs @param {(job: T) => Promise<void>} work */
export async function inParallel(jobs, work) {
    const queue = [...jobs];
    const worker = async () => {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) await work(job);
    };
    await Promise.all(Array.from({ length: JOBS }, worker));
}

/** Counts what passes and fails, and says what fails. */
export class Count {
    passed = 0;
    failed = 0;

    /** @param {string} what */
    pass(what) {
        this.passed += 1;
        say(`ok: ${what}`);
    }

    /** @param {string} what @param {string} why */
    fail(what, why) {
        this.failed += 1;
        say(`FAILED: ${what}\n${why}`);
    }
}

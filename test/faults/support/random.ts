// SPDX-License-Identifier: MIT
// Chances that can be repeated: MAIXJS_FAULTS_SEED gives the same ones again.

/** The full-length variants, which take minutes. */
export const isFull = process.env.MAIXJS_FAULTS_FULL === "1";

export const seed = Number(process.env.MAIXJS_FAULTS_SEED ?? 20261120);

export interface Random {
    /** An integer from 0 up to, not including, `limit`. */
    below(limit: number): number;
    /** One of them. */
    of<T>(choices: readonly T[]): T;
}

/** Mulberry32 (public domain, T. Ettinger): small, and the same on every machine. */
export function createRandom(start: number): Random {
    let state = start >>> 0;
    const next = (): number => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return (mixed ^ (mixed >>> 14)) >>> 0;
    };
    const below = (limit: number): number => next() % limit;
    return {
        below,
        of: (choices) => {
            if (choices.length === 0) throw new Error("nothing to choose from");
            return choices[below(choices.length)] as (typeof choices)[number];
        },
    };
}

/** A line that stays in the log: which seed a failure is to be repeated with. */
export function saySeed(what: string): void {
    console.log(`${what}: MAIXJS_FAULTS_SEED=${seed}`);
}

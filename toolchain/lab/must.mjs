// SPDX-License-Identifier: MIT
// What the checks of cases throw.

/** @param {unknown} actual @param {unknown} expected @param {string} what */
export function same(actual, expected, what) {
    const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
}

/** @param {unknown} condition @param {string} problem @returns {asserts condition} */
export function must(condition, problem) {
    if (!condition) throw new Error(problem);
}

// SPDX-License-Identifier: MIT
// Not there yet: counts nothing.

/** @param {import("./context.mjs").Faults} faults */
export async function fuzz(faults) {
    void faults;
}

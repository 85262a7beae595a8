// SPDX-License-Identifier: MIT
// The tests of the script suite that cannot work with a static executable under qemu-user.

export interface NotEmulated {
    readonly file: string;
    /** A part of the test's full name; "": all tests of the file. */
    readonly title: string;
    readonly reason: string;
}

export const notEmulated: readonly NotEmulated[] = [
    {
        file: "test/recording/alsa.test.ts",
        title: "",
        reason: "a static executable cannot load libasound",
    },
    {
        file: "test/recording/pulse.test.ts",
        title: "",
        reason: "the same, and its sound server is real time",
    },
    {
        file: "test/recording/rollover.test.ts",
        title: "",
        reason: "it preloads a library, which a static executable ignores",
    },
    {
        file: "test/runtime/script.test.ts",
        title: "run timers by due time, then by age",
        reason: "its lines may be run further apart than its timers are due",
    },
    {
        file: "test/recording/endings.test.ts",
        title: "the time limit",
        reason: "its 400 ms are over before the emulated esbuild has made the bundle",
    },
];

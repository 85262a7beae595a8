// SPDX-License-Identifier: MIT
// The tests of `npm run test:faults`: faults, crashes, load. Not a part of `npm test`.

import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["test/faults/**/*.test.ts"],
        // Limits are for hangs only. One file after another: they load the machine themselves.
        testTimeout: 600_000,
        hookTimeout: 120_000,
        pool: "forks",
        fileParallelism: false,
    },
});

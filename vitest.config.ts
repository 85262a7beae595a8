// SPDX-License-Identifier: MIT
// How `vitest run` finds and runs the tests.

import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["test/**/*.test.ts"],
        exclude: ["test/faults/**", "test/fixtures/**", "**/node_modules/**"],
        // Programs are started, and two cores may run many of them: time limits are for hangs only.
        testTimeout: 60_000,
        hookTimeout: 60_000,
        pool: "forks",
    },
});

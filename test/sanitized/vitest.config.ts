// SPDX-License-Identifier: MIT
// The script suite once more, with sanitizers in the executable (toolchain/faults/sanitizers.mjs).

import { defineConfig, mergeConfig } from "vitest/config";

import common from "../../vitest.config.ts";

export default mergeConfig(
    common,
    defineConfig({
        test: {
            // Instrumented programs start slower, and mostly wait: more of them at once.
            maxWorkers: 4,
            testTimeout: 120_000,
            setupFiles: ["test/sanitized/setup.ts"],
        },
    }),
);

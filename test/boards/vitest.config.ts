// SPDX-License-Identifier: MIT
// The script suite once more, with a board's executable under qemu-user (toolchain/test.mjs).

import { defineConfig, mergeConfig } from "vitest/config";

import common from "../../vitest.config.ts";

export default mergeConfig(
    common,
    defineConfig({
        test: {
            // Emulated programs start ten times slower, and mostly wait: more of them at once.
            maxWorkers: 4,
            testTimeout: 120_000,
            setupFiles: ["test/boards/setup.ts"],
        },
    }),
);

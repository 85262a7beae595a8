// SPDX-License-Identifier: MIT
// The tests of the script suite that cannot work with AddressSanitizer in the executable.

import type { NotEmulated } from "../boards/not-emulated.ts";

export const notSanitized: readonly NotEmulated[] = [
    {
        file: "test/recording/rollover.test.ts",
        title: "",
        reason: "its preloaded library stands behind the sanitizer's own write calls",
    },
];

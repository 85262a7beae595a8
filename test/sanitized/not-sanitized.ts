// SPDX-License-Identifier: MIT
// The tests of the script suite that cannot work with AddressSanitizer in the executable.

import type { NotEmulated } from "../boards/not-emulated.ts";

const memory = "freed memory is kept for a while, so that its use is seen";
const stack = "the engine's frames are several times larger";

export const notSanitized: readonly NotEmulated[] = [
    {
        file: "test/runtime/control.test.ts",
        title: "a run needs no more memory the longer it is",
        reason: memory,
    },
    {
        file: "test/runtime/limits.test.ts",
        title: "fills it with closures",
        reason: "the engine's small blocks have no pools: no room is left for the error, it is null",
    },
    {
        file: "test/runtime/limits.test.ts",
        title: "under ulimit -s 512 makes deep recursion an error",
        reason: stack,
    },
    { file: "test/runtime/limits.test.ts", title: "limits in package.json > hold", reason: stack },
    {
        file: "test/runtime/stop.test.ts",
        title: "but not SIGHUP under nohup",
        reason: "it finds esbuild through the place of the executable in the project",
    },
];

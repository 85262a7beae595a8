// SPDX-License-Identifier: MIT
// Skips, under qemu-user, the tests that cannot work there, each with its reason.

import { beforeEach, expect } from "vitest";

import { notEmulated } from "./not-emulated.ts";

beforeEach((context) => {
    const { testPath = "", currentTestName = "" } = expect.getState();
    const found = notEmulated.find(
        ({ file, title }) => testPath.endsWith(file) && currentTestName.includes(title),
    );
    if (found) context.skip(found.reason);
});

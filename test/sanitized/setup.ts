// SPDX-License-Identifier: MIT
// Skips, with sanitizers, the tests that cannot work there, each with its reason.

import { beforeEach, expect } from "vitest";

import { notSanitized } from "./not-sanitized.ts";

beforeEach((context) => {
    const { testPath = "", currentTestName = "" } = expect.getState();
    const found = notSanitized.find(
        ({ file, title }) => testPath.endsWith(file) && currentTestName.includes(title),
    );
    if (found) context.skip(found.reason);
});

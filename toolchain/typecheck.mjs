// SPDX-License-Identifier: MIT
// `npm run typecheck`: tsc over the project, and over each project of its own in examples/ and modules/.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { exists, KnownError, root, run, runMain } from "./lib.mjs";

const projects = ["tsconfig.json", "modules/tsconfig.json", "examples/tsconfig.json"];

await runMain(async () => {
    const typescript = createRequire(import.meta.url).resolve("typescript/package.json");
    const tsc = join(dirname(typescript), "bin", "tsc");
    for (const project of projects) {
        if (!exists(join(root, project))) continue;
        const status = await run(process.execPath, [tsc, "--noEmit", "-p", project]);
        if (status !== 0) throw new KnownError(`types: ${project} has errors`);
    }
});

// SPDX-License-Identifier: MIT
// `maixjs check`: the project's type errors, as tsc shows them.

import { checkTypes, findTsconfig, hasOwnTypes } from "../core/check.ts";
import { STATUS, UserError, usageError } from "../core/errors.ts";
import { defineCommand, parse } from "./command.ts";

export default defineCommand({
    name: "check",
    summary: "find type errors",
    help: `Usage: maixjs check [folder]

Type-checks the project of the nearest tsconfig.json with TypeScript's compiler (the project's own
version, else the one that came with maixjs). Status 1 if there are errors.

Example:
  maixjs check && maixjs package
`,
    async run(argv) {
        const { positionals } = parse("check", argv, {});
        if (positionals.length > 1) throw usageError("more than one folder", "check");
        const folder = positionals[0] ?? ".";
        const tsconfig = findTsconfig(folder);
        if (tsconfig === null) {
            throw new UserError(`there is no tsconfig.json in ${folder} or above`, {
                hint: "`maixjs init .` makes one",
            });
        }
        const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
        const { hasErrors } = await checkTypes(tsconfig, { inherit: true, color });
        if (hasErrors && !hasOwnTypes(tsconfig)) {
            throw new UserError("the types of maixjs are not installed in this project", {
                hint: "npm install maixjs",
            });
        }
        return hasErrors ? STATUS.failed : STATUS.done;
    },
});

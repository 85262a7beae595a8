// SPDX-License-Identifier: MIT
// `maixjs init`: a project whose editor knows every module at once.

import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";

import { STATUS, usageError } from "../core/errors.ts";
import { createProject } from "../core/project.ts";
import { defineCommand, parse } from "./command.ts";

/** The package's own; the file is as deep in ts/cli as in dist/cli. */
function ownVersion(): string {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    return (JSON.parse(text) as { version: string }).version;
}

function quoted(path: string): string {
    return /^[\w./-]+$/.test(path) ? path : JSON.stringify(path);
}

export default defineCommand({
    name: "init",
    summary: "make a project",
    help: `Usage: maixjs init <folder>

Makes package.json, tsconfig.json, main.ts, maixjs.config.ts, app.yaml and .gitignore in the folder,
which may be there already (\`.\`: this one). A file that is there stays as it is.

Example:
  maixjs init my-app && cd my-app && npm install
`,
    async run(argv) {
        const { positionals } = parse("init", argv, {});
        const [folder] = positionals;
        if (folder === undefined) throw usageError("which folder?", "init");
        if (positionals.length > 1) throw usageError("more than one folder", "init");
        const { made, kept } = await createProject(folder, ownVersion());
        const place = relative(process.cwd(), resolve(folder));
        const lines = [
            ...made.map((name) => `made ${name}`),
            ...kept.map((name) => `kept ${name}, which was there`),
            "",
            "Next:",
            ...(place === "" ? [] : [`  cd ${quoted(place)}`]),
            "  npm install                                    the types, for your editor",
            "  npx maixjs check                               type errors",
            "  npx maixjs --mic sim:tone main.ts              on this PC (Linux)",
            "  npx maixjs deploy --device root@<camera>       maixjs onto the camera, once",
            "  npx maixjs dev main.ts --device root@<camera>  run there, again at each change",
            "  npx maixjs install --device root@<camera>      an app for its launcher",
            "",
        ];
        process.stdout.write(lines.join("\n"));
        return STATUS.done;
    },
});

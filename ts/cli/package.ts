// SPDX-License-Identifier: MIT
// `maixjs package`: the project as an app that the board's launcher shows.

import { relative } from "node:path";

import { STATUS, usageError } from "../core/errors.ts";
import { packApp, writePackage } from "../core/package.ts";
import { formatBytes } from "../core/progress.ts";
import { defineCommand, parse } from "./command.ts";

export default defineCommand({
    name: "package",
    summary: "make an app of this project, for the board's launcher",
    help: `Usage: maixjs package [script]

Reads app.yaml in the current folder and makes dist/<id>_v<version>.zip and
dist/release_info_v<version>.yaml: the bundled script (default main.ts), what starts it, and the
project's other files. The same files give the same zip.

app.yaml:
  id: my_app               a-z, 0-9 and _
  name: My App             also name[zh]: 我的应用
  version: 1.0.0
  author: Me
  desc: What it does       also desc[zh]: 它做什么
  icon: assets/icon.png    optional; .png or a Lottie .json
  files: [assets]          only these files and folders; a map gives them other names:
                             assets/big.png: icon.png
  exclude: [notes]         without \`files\`: everything but these, hidden files, dist,
                             node_modules, package.json, tsconfig.json and what is bundled
  extra_include:           without \`files\`: files under another name
    models/a.bin: model.bin

Example:
  maixjs package && maixjs install --device root@maixcam-1234.local
`,
    async run(argv) {
        const { positionals } = parse("package", argv, {});
        if (positionals.length > 1) throw usageError("more than one script", "package");
        const project = process.cwd();
        const made = await packApp(project, positionals[0]);
        process.stderr.write(made.messages);
        const { zipPath, infoPath } = await writePackage(made, project);
        const size = formatBytes(made.zip.length);
        process.stdout.write(`${relative(project, zipPath)}: ${size}\n`);
        process.stdout.write(`${relative(project, infoPath)}\n`);
        return STATUS.done;
    },
});

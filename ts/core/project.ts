// SPDX-License-Identifier: MIT
// A new project: its files, none of which replaces one that is there.

import { writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import { UserError } from "./errors.ts";
import { makeFolder } from "./folder.ts";

export interface CreatedProject {
    /** Relative to the project's folder. */
    readonly made: readonly string[];
    /** What was there already. */
    readonly kept: readonly string[];
}

const SCRIPT = `// Records until Ctrl-C, or until the app is closed, and shows how loud it is.
import { audio } from "maix";

const r = new audio.Recorder("take.wav", { sampleRate: 16000 });
for await (const chunk of r.stream({ ms: 500 })) {
    console.log(\`\${(chunk.timeMs / 1000).toFixed(1)} s: \${chunk.level().peakDbfs.toFixed(1)} dBFS\`);
}
const { path, frames } = r.finish();
console.log(\`\${path}: \${frames} frames\`);
`;

const CONFIG = `import type { Config } from "maixjs/config";

export default {
    // The board, as ssh takes it; then --device can be left out.
    // device: "root@maixcam-1234.local",
} satisfies Config;
`;

const TSCONFIG = `{
    "compilerOptions": {
        // What maixjs runs: ECMAScript without a browser's or Node's globals, bundled by esbuild.
        "target": "es2023",
        "lib": ["esnext"],
        "module": "esnext",
        "moduleResolution": "bundler",
        "resolveJsonModule": true,
        // maix, maix:*, qjs:* and the globals.
        "types": ["maixjs"],
        "strict": true,
        "noUncheckedIndexedAccess": true,
        "verbatimModuleSyntax": true,
        "isolatedModules": true,
        "skipLibCheck": true,
        "noEmit": true
    },
    "exclude": ["node_modules", "dist"]
}
`;

const GITIGNORE = `node_modules/
dist/
*.wav
*.pcm
`;

/** Of a folder's name, what a package may be called. */
function packageName(folder: string): string {
    const name = folder
        .toLowerCase()
        .replaceAll(/[^a-z0-9_.-]+/g, "-")
        .replaceAll(/^[._-]+|[.-]+$/g, "");
    return name.slice(0, 64) || "maixjs-project";
}

function appYaml(title: string): string {
    const id = packageName(title).replaceAll(/[^a-z0-9_]/g, "_");
    return `# What \`maixjs package\` makes an app of; \`maixjs package --help\` has all fields.
id: ${/^\d+$/.test(id) ? `app_${id}` : id}
name: ${JSON.stringify(title)}
version: 1.0.0
author: me
desc: ${JSON.stringify(`${title}, made with maixjs`)}
# icon: assets/icon.png
# The script comes by itself; more files and folders that belong to the app:
files:
  - app.yaml
`;
}

function packageJson(name: string, version: string): string {
    const manifest = {
        name,
        version: "1.0.0",
        private: true,
        type: "module",
        scripts: { check: "maixjs check", dev: "maixjs dev main.ts" },
        devDependencies: { maixjs: `^${version}` },
    };
    return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Makes the project; `version` is that of maixjs, which it will depend on. */
export async function createProject(folder: string, version: string): Promise<CreatedProject> {
    const root = resolve(folder);
    const title = basename(root) || "maixjs";
    const files: Readonly<Record<string, string>> = {
        "package.json": packageJson(packageName(title), version),
        "tsconfig.json": TSCONFIG,
        "main.ts": SCRIPT,
        "maixjs.config.ts": CONFIG,
        "app.yaml": appYaml(title),
        ".gitignore": GITIGNORE,
    };
    const made: string[] = [];
    const kept: string[] = [];
    await makeFolder(root);
    for (const [path, text] of Object.entries(files)) {
        if (await writeNew(join(root, path), text)) made.push(path);
        else kept.push(path);
    }
    return { made, kept };
}

/** False: something of that name is there. */
async function writeNew(path: string, text: string): Promise<boolean> {
    try {
        await writeFile(path, text, { flag: "wx" });
        return true;
    } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw new UserError(`cannot write ${path}: ${(cause as Error).message}`, { cause });
    }
}

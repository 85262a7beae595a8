// SPDX-License-Identifier: MIT
// A project as an app: dist/<id>_v<version>.zip, and dist/release_info_v<version>.yaml beside it.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative } from "node:path";

import { stringify } from "yaml";

import { appFiles } from "./app_files.ts";
import { type AppYaml, parseAppYaml } from "./app_yaml.ts";
import { type Bundle, bundle, findScript } from "./bundle.ts";
import { messageOf, STATUS, UserError } from "./errors.ts";
import { makeFolder } from "./folder.ts";
import { BUNDLE_NAME, EARLIER_STARTERS, stub } from "./launcher.ts";
import { writeZip, type ZipEntry } from "./zip.ts";

export interface AppPackage {
    readonly app: AppYaml;
    readonly zip: Buffer;
    /** `<id>_v<version>.zip` */
    readonly name: string;
    /** esbuild's warnings and what else is worth saying. */
    readonly messages: string;
    /** From where to where, for release_info. */
    readonly files: Readonly<Record<string, string>>;
}

export interface WrittenPackage {
    readonly zipPath: string;
    readonly infoPath: string;
}

/** The script of an app where none is named, in this order. */
const SCRIPTS = ["main.ts", "main.mts", "main.tsx", "main.js", "main.mjs"];
const MAP_PREFIX = "//# sourceMappingURL=data:application/json;base64,";
const YAML_NAMES = ["app.yaml", "app.yml"];

/** Reads, checks and packs; writes nothing. */
export async function packApp(folder: string, script?: string): Promise<AppPackage> {
    const project = realpathSync(folder);
    const yamlPath = findAppYaml(project);
    const yaml = await readFile(yamlPath);
    const app = parseAppYaml(yaml.toString("utf8"), relative(project, yamlPath));
    const entry = findScript(script ?? defaultScript(project));
    const made = await bundle(entry, { cwd: project });
    const code = codeOf(made, entry);
    const files = appFiles(project, app, realPaths(made.inputs.files));
    const entries = new Map<string, ZipEntry>();
    const add = (path: string, data: Uint8Array, isExecutable = false): void => {
        entries.set(path, { path: `${app.id}/${path}`, data, isExecutable });
    };
    const limits = ownLimits(project);
    if (limits !== null) add("package.json", Buffer.from(limits));
    for (const file of files) add(file.to, readFileSync(file.source), file.isExecutable);
    checkNames(app, entries);
    add("app.yaml", yaml);
    add(BUNDLE_NAME, withoutOwnPaths(code, project));
    add(app.id, Buffer.from(stub(app.id)), true);
    const sources = Object.fromEntries(files.map(({ from, to }) => [from, to]));
    return {
        app,
        zip: Buffer.from(writeZip([...entries.values()])),
        name: `${app.id}_v${app.version}.zip`,
        messages: made.messages + notes(app),
        files: { ...sources, "app.yaml": "app.yaml" },
    };
}

/** Writes both files into the project's `dist`, each whole or not at all. */
export async function writePackage(made: AppPackage, project: string): Promise<WrittenPackage> {
    const dist = join(project, "dist");
    await makeFolder(dist);
    const zipPath = join(dist, made.name);
    const infoPath = join(dist, `release_info_v${made.app.version}.yaml`);
    await replaceFile(zipPath, made.zip);
    await replaceFile(infoPath, releaseInfo(made));
    return { zipPath, infoPath };
}

function realPaths(paths: readonly string[]): Set<string> {
    return new Set(paths.map((path) => realpathSync(path)));
}

function findAppYaml(project: string): string {
    const path = YAML_NAMES.map((name) => join(project, name)).find((one) => existsSync(one));
    if (path !== undefined) return path;
    throw new UserError(`there is no app.yaml in ${project}`, {
        hint: "`maixjs init .` makes one, and what else is missing",
    });
}

function defaultScript(project: string): string {
    const script = SCRIPTS.map((name) => join(project, name)).find((path) => existsSync(path));
    if (script !== undefined) return script;
    throw new UserError(`there is no main.ts in ${project}`, {
        hint: "name the script: maixjs package <script>",
        status: STATUS.usage,
    });
}

/** The limits that the script has here (`"maixjs"` in package.json) hold in the app, too. */
function ownLimits(project: string): string | null {
    const path = join(project, "package.json");
    if (!existsSync(path)) return null;
    try {
        const { maixjs } = JSON.parse(readFileSync(path, "utf8")) as { maixjs?: unknown };
        return maixjs === undefined ? null : `${JSON.stringify({ maixjs }, null, 2)}\n`;
    } catch (cause) {
        throw new UserError(`${path} is no JSON: ${messageOf(cause)}`, { cause });
    }
}

function codeOf(made: Bundle, entry: string): Buffer {
    if (entry.endsWith(".jsc")) {
        throw new UserError("an app is packed from its source, not from bytecode", {
            status: STATUS.usage,
        });
    }
    if (made.code !== undefined) return made.code;
    throw new UserError("the script cannot be bundled", { hint: made.messages.trimEnd() });
}

/** Names that the launcher, or packing itself, gives a meaning. */
function checkNames(app: AppYaml, entries: ReadonlyMap<string, ZipEntry>): void {
    for (const path of entries.keys()) {
        if ((EARLIER_STARTERS as readonly string[]).includes(path)) {
            throw new UserError(`the launcher would start ${path} in place of the script`, {
                hint: `leave it out: list it below \`exclude:\` in app.yaml`,
            });
        }
        const [top = ""] = path.split("/");
        if ([BUNDLE_NAME, app.id].includes(top)) {
            throw new UserError(`packing makes a file ${top}, and the project has one`, {
                hint: "exclude it in app.yaml, or give it another place with `extra_include`",
            });
        }
    }
    if ([BUNDLE_NAME, "app.yaml", "data", ...EARLIER_STARTERS].includes(app.id)) {
        throw new UserError(`app.yaml: id "${app.id}" is the name of another file of the app`);
    }
}

function notes(app: AppYaml): string {
    if (app.files.length === 0 || app.exclude.length + app.extraInclude.length === 0) return "";
    return "app.yaml: `files` is given, so that `exclude` and `extra_include` count for nothing\n";
}

/** The map names sources outside of the project by their whole path, which differs by machine. */
function withoutOwnPaths(code: Buffer, project: string): Buffer {
    const at = code.lastIndexOf(MAP_PREFIX);
    if (at < 0) return code;
    const start = at + MAP_PREFIX.length;
    const encoded = code.toString("latin1", start);
    const map = JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as {
        sources: string[];
    };
    if (!map.sources.some((source) => isAbsolute(source))) return code;
    const sources = map.sources.map((source) =>
        isAbsolute(source) ? relative(project, source).replaceAll("\\", "/") : source,
    );
    const text = Buffer.from(JSON.stringify({ ...map, sources })).toString("base64");
    return Buffer.concat([code.subarray(0, start), Buffer.from(`${text}\n`)]);
}

/** MaixPy's fields. The date is of UTC; SOURCE_DATE_EPOCH sets it, as it does for other packers. */
function releaseInfo(made: AppPackage): string {
    const epoch = process.env.SOURCE_DATE_EPOCH;
    const now = epoch ? new Date(Number(epoch) * 1000) : new Date();
    if (Number.isNaN(now.getTime())) throw new UserError("SOURCE_DATE_EPOCH is no time in seconds");
    const info = {
        app_info: { ...made.app.fields, icon: made.app.icon, files: made.files },
        date: now.toISOString().slice(0, 19).replace("T", " "),
        filename: made.name,
        filesize: made.zip.length,
        path: `dist/${made.name}`,
        sha256sum: createHash("sha256").update(made.zip).digest("hex"),
    };
    // 1.1, as MaixPy's tools read it: texts that look like a date or a number get quotes.
    return stringify(info, { version: "1.1", lineWidth: 0 });
}

async function replaceFile(path: string, data: Uint8Array | string): Promise<void> {
    const partial = join(dirname(path), `.${process.pid}.partial`);
    try {
        await writeFile(partial, data);
        if (existsSync(path) && !statSync(path).isFile()) {
            throw new UserError(`${path} is in the way: it is no file`);
        }
        await rename(partial, path);
    } finally {
        await rm(partial, { force: true });
    }
}

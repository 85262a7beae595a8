// SPDX-License-Identifier: MIT
// A script and all that it imports as one ES module, as `maixjs build` makes it: esbuild with the
// options of runtime/esbuild.c, its messages shown in the same way.

import { realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, resolve } from "node:path";

import * as esbuild from "esbuild";

import { type Inputs, inputsOf, RequestLog } from "./bundle_inputs.ts";
import { UserError } from "./errors.ts";

const USAGE = 2;
const MESSAGES_SHOWN_MAX = 6; // as esbuild's command does
const CODE_BYTES_MAX = 64 << 20; // MJS_CONTROL_BUNDLE_BYTES_MAX
const ENDINGS = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".jsc"];
const MAP_PREFIX = "//# sourceMappingURL=data:application/json;base64,";
const NODE_ADVICE =
    "maixjs: Node's own modules are not there: use qjs:std and qjs:os for files and processes, " +
    "maix:audio for sound\n";

/** What decides about a bundle; runtime/esbuild.c has the same. */
const OPTIONS = {
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2023",
    sourcemap: "inline",
    sourcesContent: false,
    external: ["maix", "maix:*", "qjs:*"],
    charset: "utf8",
    logLevel: "silent", // shown by `render`
    metafile: true,
    write: false,
} as const satisfies esbuild.BuildOptions;

export interface BundleOptions {
    /** Whether messages have colours. */
    readonly color?: boolean;
    /** The folder that paths are shown relative to; default: the current one. */
    readonly cwd?: string;
}

export interface Bundle {
    /** JavaScript with its source map inline, or bytecode; undefined: it could not be made. */
    readonly code: Buffer | undefined;
    /** esbuild's errors and warnings, ready to be shown. */
    readonly messages: string;
    /** What the bundle was made from, also where it could not be made. */
    readonly inputs: Inputs;
}

/** The script's real path. A UserError of usage, in the words of the native command. */
export function findScript(script: string): string {
    let path: string;
    try {
        path = realpathSync(script);
    } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const text = `cannot open the script ${script}: ${message}`;
        throw usage(code === "ENOENT" ? `there is no script ${script}` : text);
    }
    const status = statSync(path);
    if (status.isDirectory()) throw usage(`${script} is a directory, not a script`);
    if (!status.isFile()) throw usage(`${script} is not a regular file`);
    if (!ENDINGS.some((ending) => path.endsWith(ending))) {
        const known = `${ENDINGS.slice(0, -1).join(", ")} or ${ENDINGS.at(-1)}`;
        throw usage(`${script} is not a script: its name must end in ${known}`);
    }
    return path;
}

function usage(text: string): UserError {
    return new UserError(text, { status: USAGE });
}

function checkSize(code: Buffer): Buffer {
    if (code.length > 0 && code.length <= CODE_BYTES_MAX) return code;
    const what = code.length === 0 ? "the file is empty" : "the bundle is larger than 64 MiB";
    throw new UserError(what);
}

/** Bundles the script at `path` (from `findScript`). What esbuild has against it is in the result. */
export async function bundle(path: string, options: BundleOptions = {}): Promise<Bundle> {
    if (path.endsWith(".jsc")) {
        return {
            code: checkSize(await readFile(path)),
            messages: "",
            inputs: { files: [path], absent: [] },
        };
    }
    const cwd = options.cwd ?? process.cwd();
    const color = options.color === true;
    try {
        const made = await esbuild.build(buildOptions(path, cwd));
        const bytes = withAbsoluteSources(Buffer.from(made.outputFiles[0]?.contents ?? []), cwd);
        const messages = await render([], made.warnings, color);
        const code = checkSize(bytes);
        return { code, messages, inputs: inputsOf(JSON.stringify(made.metafile), path, cwd) };
    } catch (error) {
        const { errors, warnings } = error as Partial<esbuild.BuildFailure>;
        if (errors === undefined || warnings === undefined) throw error;
        const messages = await render(errors, warnings, color);
        return { code: undefined, messages, inputs: await inputsOfFailure(path, cwd) };
    }
}

function buildOptions(path: string, cwd: string) {
    const nodePaths = (process.env.NODE_PATH ?? "").split(delimiter).filter((one) => one !== "");
    return {
        ...OPTIONS,
        mainFields: [...OPTIONS.mainFields],
        external: [...OPTIONS.external],
        absWorkingDir: cwd,
        // Named in and out, or a star in the name would be a pattern.
        entryPoints: [{ in: path, out: "bundle" }],
        outdir: cwd,
        nodePaths,
    } satisfies esbuild.BuildOptions;
}

/** esbuild tells nothing of a build that failed, so it is asked again, with an eye on its steps. */
async function inputsOfFailure(path: string, cwd: string): Promise<Inputs> {
    const log = new RequestLog();
    const options = { ...buildOptions(path, cwd), plugins: [log.plugin] };
    await esbuild.build(options).catch(() => {}); // the reason was shown
    return inputsOf(log.metafile(), path, cwd);
}

/** Errors, else warnings, as esbuild's command prints them. */
async function render(
    errors: readonly esbuild.Message[],
    warnings: readonly esbuild.Message[],
    color: boolean,
): Promise<string> {
    const count = errors.length + warnings.length;
    const shown = {
        error: errors.slice(0, MESSAGES_SHOWN_MAX),
        warning: warnings.slice(0, Math.max(0, MESSAGES_SHOWN_MAX - errors.length)),
    };
    let text = "";
    for (const kind of ["warning", "error"] as const) {
        const lines = await esbuild.formatMessages(shown[kind].map(asCommand), { kind, color });
        text += lines.join("");
    }
    if (count > MESSAGES_SHOWN_MAX) {
        text += `${MESSAGES_SHOWN_MAX} of ${counted(errors.length, warnings.length)} shown\n`;
    }
    return text.includes("--platform=node") ? text + NODE_ADVICE : text;
}

function counted(errors: number, warnings: number): string {
    const parts = [
        ...(errors > 0 ? [`${errors} error${errors > 1 ? "s" : ""}`] : []),
        ...(warnings > 0 ? [`${warnings} warning${warnings > 1 ? "s" : ""}`] : []),
    ];
    return parts.join(" and ");
}

/** esbuild words its advice for who called it; ours is always that of the command line. */
function asCommand(message: esbuild.Message): esbuild.Message {
    const notes = message.notes.map((note) => ({
        ...note,
        text: note.text.replace(`"platform: 'node'"`, `"--platform=node"`),
    }));
    return { ...message, notes };
}

/**
 * The board takes the map's paths as relative to its own working folder. What lies outside of ours
 * gets its whole path, so that errors name the file that is meant.
 */
function withAbsoluteSources(code: Buffer, cwd: string): Buffer {
    const at = code.lastIndexOf(MAP_PREFIX);
    if (at < 0) return code;
    const start = at + MAP_PREFIX.length;
    const text = Buffer.from(code.toString("latin1", start), "base64").toString("utf8");
    const map = JSON.parse(text) as { sources: string[] };
    if (!map.sources.some((source) => source.startsWith("../"))) return code;
    const sources = map.sources.map((one) => (one.startsWith("../") ? resolve(cwd, one) : one));
    const encoded = Buffer.from(JSON.stringify({ ...map, sources })).toString("base64");
    return Buffer.concat([code.subarray(0, start), Buffer.from(`${encoded}\n`)]);
}

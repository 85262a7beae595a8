// SPDX-License-Identifier: MIT
// maixjs.config.ts: found, run, checked; and which board a command talks to.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Config } from "maixjs/config";

import { messageOf, STATUS, UserError } from "./errors.ts";

export type { Config };

export interface LoadedConfig {
    readonly config: Config;
    /** The file; null: there is none, and `config` is empty. */
    readonly path: string | null;
}

const fileName = "maixjs.config.ts";

type Check = (value: unknown) => string | null;

const text: Check = (value) =>
    typeof value === "string" && value !== "" ? null : "must be a string that is not empty";

const absolutePath: Check = (value) =>
    typeof value === "string" && value.startsWith("/")
        ? null
        : "must be an absolute path on the board";

const texts: Check = (value) =>
    Array.isArray(value) && value.every((one) => text(one) === null)
        ? null
        : "must be an array of strings";

const environment: Check = (value) =>
    isRecord(value) &&
    Object.entries(value).every(([name, one]) => /^[A-Za-z_]\w*$/.test(name) && isString(one))
        ? null
        : 'must be an object of strings, such as { "DEBUG": "1" }';

/** Every key that a config may have. */
const checks: Readonly<Record<keyof Config, Check>> = {
    device: text,
    executable: absolutePath,
    cwd: text,
    env: environment,
    fetch: texts,
    into: text,
};

function isString(value: unknown): value is string {
    return typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * In `folder` or above it, as far as its project goes: a file further up is nobody's, and must not
 * be run.
 */
function findConfig(folder: string): string | null {
    const folders = [folder];
    for (let at = folder; !existsSync(join(at, "package.json")); at = dirname(at)) {
        if (dirname(at) === at) {
            folders.length = 1; // no project
            break;
        }
        folders.push(dirname(at));
    }
    const paths = folders.map((one) => join(one, fileName));
    return paths.find((path) => existsSync(path)) ?? null;
}

/** The default export of a TypeScript file, with what it imports. */
async function runConfig(path: string): Promise<unknown> {
    // Only here: most commands find no config, and need no esbuild.
    const { build } = await import("esbuild");
    try {
        const { outputFiles } = await build({
            entryPoints: [path],
            write: false,
            bundle: true,
            platform: "node",
            format: "esm",
            target: "node20",
            logLevel: "silent",
        });
        const code = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
        const module: unknown = await import(`data:text/javascript;base64,${code}`);
        return isRecord(module) ? module.default : undefined;
    } catch (error) {
        throw new UserError(`${path} cannot be run`, { hint: messageOf(error), cause: error });
    }
}

function check(path: string, value: unknown): Config {
    if (!isRecord(value)) {
        throw new UserError(`${path}: its default export must be an object`, {
            hint: 'export default { device: "root@maixcam-1234.local" } satisfies Config;',
        });
    }
    for (const [key, one] of Object.entries(value)) {
        const known = Object.keys(checks);
        if (!known.includes(key)) {
            throw new UserError(`${path}: unknown key "${key}"`, {
                hint: `known: ${known.join(", ")}`,
            });
        }
        const problem = one === undefined ? null : checks[key as keyof Config](one);
        if (problem !== null) throw new UserError(`${path}: "${key}" ${problem}`);
    }
    // Each key has been checked; undefined is the same as no key.
    return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

/** The config of the project that `folder` is in. Throws UserError for a bad one. */
export async function loadConfig(folder: string = process.cwd()): Promise<LoadedConfig> {
    const path = findConfig(folder);
    if (path === null) return { config: {}, path };
    return { config: check(path, await runConfig(path)), path };
}

export interface DeviceChoice {
    /** --device */
    readonly device?: string | undefined;
    /** --local: this PC, whatever the environment and the config say. */
    readonly local?: boolean | undefined;
}

/** The board to talk to: --device, else $MAIXJS_DEVICE, else the config's; null: this PC. */
export function chooseDevice(choice: DeviceChoice, config: Config): string | null {
    if (choice.local) {
        if (choice.device === undefined) return null;
        throw new UserError("--device is a board, and --local is this PC: not both", {
            status: STATUS.usage,
        });
    }
    return choice.device ?? (process.env.MAIXJS_DEVICE || (config.device ?? null));
}

/** The same for commands that only work with a board. */
export function requireDevice(choice: DeviceChoice, config: Config): string {
    const device = chooseDevice(choice, config);
    if (device !== null) return device;
    throw new UserError("which board?", {
        hint:
            "say --device root@maixcam-1234.local, or set MAIXJS_DEVICE, or write\n" +
            `device: "root@maixcam-1234.local" into ${fileName}`,
        status: STATUS.usage,
    });
}

// SPDX-License-Identifier: MIT
// The types of a project, checked by tsc: the project's own, else the one that came with maixjs.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { UserError } from "./errors.ts";

export interface TypeCheck {
    readonly hasErrors: boolean;
    /** What tsc printed; "" with `inherit`. */
    readonly output: string;
}

export interface CheckOptions {
    /** Lets tsc print for itself. */
    readonly inherit?: boolean;
    readonly color?: boolean;
    /** Ends tsc early; the promise then rejects with the signal's reason. */
    readonly signal?: AbortSignal;
}

/** The tsconfig.json that governs a folder: its own or the nearest above; null: there is none. */
export function findTsconfig(folder: string): string | null {
    for (let place = resolve(folder); ; place = dirname(place)) {
        const path = join(place, "tsconfig.json");
        if (existsSync(path)) return path;
        if (dirname(place) === place) return null;
    }
}

/** Whether a project finds the package that has its types: `maixjs` may be installed elsewhere. */
export function hasOwnTypes(tsconfig: string): boolean {
    try {
        createRequire(pathToFileURL(tsconfig)).resolve("maixjs/package.json");
        return true;
    } catch {
        return false;
    }
}

function findTsc(tsconfig: string): string {
    for (const from of [pathToFileURL(tsconfig).href, import.meta.url]) {
        try {
            const manifest = createRequire(from).resolve("typescript/package.json");
            const tsc = join(dirname(manifest), "bin", "tsc");
            if (existsSync(tsc)) return tsc;
        } catch {
            // Looked for in the next place.
        }
    }
    throw new UserError("TypeScript is not installed", { hint: "npm install typescript" });
}

/** Runs tsc over the project of that tsconfig.json. */
export function checkTypes(tsconfig: string, options: CheckOptions = {}): Promise<TypeCheck> {
    const color = options.color ? ["--pretty"] : ["--pretty", "false"];
    const args = [findTsc(tsconfig), "--noEmit", "-p", tsconfig, ...color];
    const output = options.inherit ? "inherit" : "pipe";
    return new Promise((done, fail) => {
        const child: ChildProcess = spawn(process.execPath, args, {
            stdio: ["ignore", output, output],
            ...(options.signal && { signal: options.signal }),
        });
        let text = "";
        for (const stream of [child.stdout, child.stderr]) {
            stream?.setEncoding("utf8").on("data", (piece: string) => {
                text += piece;
            });
        }
        child.on("error", fail);
        child.on("close", (status) => done({ hasErrors: status !== 0, output: text }));
    });
}

// SPDX-License-Identifier: MIT
// A private folder for a process's connections: control sockets, and what ssh says.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

import { UserError } from "./errors.ts";

// A socket's path has at most 104 bytes on macOS, 108 on Linux; ssh appends 17 of its own while it
// makes one, and we a short name.
const SOCKET_PATH_BYTES_MAX = 104 - 17 - 1;
const NAME_BYTES_MAX = "/c1000".length;

/** Whether sockets can be in a folder of that name. */
export function fitsSocket(folder: string): boolean {
    return Buffer.byteLength(folder) + NAME_BYTES_MAX <= SOCKET_PATH_BYTES_MAX;
}

function make(parent: string): string | null {
    try {
        return mkdtempSync(join(parent, "maixjs-")); // mode 0700
    } catch {
        return null;
    }
}

/** One for each process; gone when it ends. */
export class SshFolder {
    static #only: SshFolder | null = null;

    readonly path: string;
    /** Whether its path is short enough for sockets. */
    readonly holdsSockets: boolean;
    /** Run when the process ends, before the folder goes: masters are asked to end through it. */
    readonly atEnd = new Set<() => void>();
    #count = 0;

    private constructor(path: string) {
        this.path = path;
        this.holdsSockets = process.platform !== "win32" && fitsSocket(path);
    }

    static get(): SshFolder {
        if (SshFolder.#only) return SshFolder.#only;
        const parents = [process.env.XDG_RUNTIME_DIR, tmpdir()].filter((parent) => parent);
        if (process.platform !== "win32") parents.push("/tmp");
        let last: SshFolder | null = null;
        for (const parent of parents) {
            const path = make(parent ?? "");
            if (path === null) continue;
            if (last) rmSync(last.path, { recursive: true, force: true });
            last = new SshFolder(path);
            if (last.holdsSockets) break;
        }
        if (!last) {
            throw new UserError(`no temporary folder can be made in ${parents.join(" or ")}`);
        }
        const { path, atEnd } = last;
        process.on("exit", () => {
            for (const end of atEnd) end();
            rmSync(path, { recursive: true, force: true });
        });
        for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
            // So that "exit" comes. A command that has a listener of its own knows what to do.
            process.on(name, () => {
                if (process.listenerCount(name) === 1) process.exit(128 + constants.signals[name]);
            });
        }
        SshFolder.#only = last;
        return last;
    }

    /** The path of a new file. */
    name(kind: "c" | "l"): string {
        return join(this.path, `${kind}${this.#count++}`);
    }
}

/** A file's text; "" where there is none. */
export function readLog(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}

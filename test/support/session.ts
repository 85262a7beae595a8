// SPDX-License-Identifier: MIT
// What tests of `run` and `dev` on a board share: scripts that record, files that appear there.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Board } from "./sshd.ts";

const LOOK_AGAIN_MS = 20;

/** Records until it is stopped, then leaves `<name>.done`, with how many frames were written. */
export const recording = (name: string): string =>
    `import { audio, app, fs } from "maix";
    import * as std from "qjs:std";
    const r = new audio.Recorder("${name}.wav", { sampleRate: 16000 });
    r.record(100);
    console.log("recording ${name}", fs !== undefined);
    while (!app.needExit()) r.record(50);
    const { frames } = r.finish();
    const done = std.open("${name}.done", "w");
    done.puts(String(frames));
    done.close();
    console.log("finished ${name}");\n`;

/** Writes that many lines of 200 bytes, unless it is stopped: ssh alone holds 2 MiB. */
export const manyLines = (count: number): string =>
    `import { app } from "maix";
    const more = "x".repeat(189);
    for (let i = 1; i <= ${count} && !app.needExit(); i++) {
        console.log(more + String(i).padStart(10));
    }\n`;

/** The file of a board's folder, once it is there. */
export async function appears(board: Board, path: string): Promise<string> {
    const file = join(board.root, path);
    while (!existsSync(file) || readFileSync(file, "utf8") === "") {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    return readFileSync(file, "utf8");
}

// SPDX-License-Identifier: MIT
// The npm package's command on a pseudo-terminal (terminal.py): keys are sent when their time is.

import { spawn } from "node:child_process";
import { join } from "node:path";

import { projectRoot } from "./process.ts";

export interface TerminalEnded {
    /** The step that did not come to pass. */
    readonly failure: string | null;
    readonly status: number | null;
    readonly signal: string | null;
    /** All that the terminal has shown. */
    readonly text: string;
}

/** `expect` waits until that is shown, `send` are keys. */
export type Step = readonly ["expect" | "send", string];

export function cliAtTerminal(
    args: readonly string[],
    cwd: string,
    env: NodeJS.ProcessEnv,
    steps: readonly Step[],
): Promise<TerminalEnded> {
    const child = spawn("python3", [join(projectRoot, "test/support/terminal.py")], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    const command = [process.execPath, join(projectRoot, "ts/cli/maixjs.js"), ...args];
    const { PATH } = process.env;
    const own = { PATH, HOME: join(cwd, "../home"), TERM: "xterm", ...env };
    child.stdin.end(JSON.stringify({ cwd, command, env: own, steps: [...steps, ["end", ""]] }));
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
        text += part;
    });
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", () => resolve(JSON.parse(text) as TerminalEnded));
    });
}

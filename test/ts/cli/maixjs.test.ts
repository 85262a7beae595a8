// SPDX-License-Identifier: MIT
// The npm command: finds the executable, hands over arguments, status, signals and esbuild.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { root } from "../../support/files.ts";

let folder: string;
let command: string;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "maixjs-cli-"));
    command = join(folder, "ts/cli/maixjs.js");
    for (const file of [
        "ts/cli/maixjs.js",
        "ts/core/native.js",
        "toolchain/targets.json",
        "package.json",
    ]) {
        cpSync(join(root, file), join(folder, file));
    }
});

afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
});

/** A program in place of the executable. */
function executable(script: string, path = "zig-out/bin/maixjs", mode = 0o755): void {
    const file = join(folder, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode });
}

interface Running {
    readonly child: ChildProcess;
    readonly output: () => string;
    /** Resolves once the output holds this. */
    readonly until: (text: string) => Promise<void>;
    readonly ended: Promise<{ status: number | null; signal: string | null }>;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    const clean = { ...process.env };
    delete clean.MAIXJS_ESBUILD;
    const child = spawn(process.execPath, [command, ...args], { env: { ...clean, ...env } });
    let text = "";
    const waiting: (() => void)[] = [];
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
            for (const wake of waiting) wake();
        });
    }
    return {
        child,
        output: () => text,
        until: (wanted) =>
            new Promise((resolve) => {
                const look = (): void => {
                    if (text.includes(wanted)) resolve();
                };
                waiting.push(look);
                look();
            }),
        ended: new Promise((resolve) => {
            child.on("close", (status, signal) => resolve({ status, signal }));
        }),
    };
}

describe("the command maixjs", () => {
    it("hands over arguments, input, and the status", async () => {
        executable('for word; do echo "[$word]"; done; cat; exit 7');
        const run = start(["--mic", "sim:tone", "a b.ts", ""]);
        run.child.stdin?.end("from stdin\n");
        expect((await run.ended).status).toBe(7);
        expect(run.output()).toBe("[--mic]\n[sim:tone]\n[a b.ts]\n[]\nfrom stdin\n");
    });

    it("takes the executable that the package was published with", async () => {
        executable(
            "echo shipped",
            `dist/${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-gnu/maixjs`,
        );
        const run = start([]);
        await run.ended;
        expect(run.output()).toBe("shipped\n");
    });

    it("says in one line what to do when there is none", async () => {
        const installed = start([]);
        expect((await installed.ended).status).toBe(1);
        expect(installed.output()).toMatch(
            /^maixjs: .* is missing; the package has none for .*\n$/,
        );
        writeFileSync(join(folder, "build.zig"), "");
        const checkout = start([]);
        expect((await checkout.ended).status).toBe(1);
        expect(checkout.output()).toMatch(/^maixjs: .* is missing; `npm run build` .*\n$/);
    });

    it("says in one line that the executable is none", async () => {
        executable("echo never", "zig-out/bin/maixjs", 0o644);
        const run = start([]);
        expect((await run.ended).status).toBe(1);
        expect(run.output()).toMatch(/^maixjs: .* cannot be executed\n$/);
    });

    it("gives 128 + n when a signal ended it", async () => {
        executable("kill -9 $$");
        expect(await start([]).ended).toEqual({ status: 137, signal: null });
    });

    it("forwards SIGTERM", async () => {
        // Forwarded, it ends the shell, which becomes the status; else it would end the command.
        executable("echo ready; read -r line; echo still there");
        const run = start([]);
        await run.until("ready");
        run.child.kill("SIGTERM");
        expect(await run.ended).toEqual({ status: 143, signal: null });
        expect(run.output()).toBe("ready\n");
    });

    it("forwards neither SIGINT nor SIGHUP, and outlives them", async () => {
        executable('trap "echo got it" INT HUP; echo ready; read -r line; echo "line $line"');
        const run = start([]);
        await run.until("ready");
        run.child.kill("SIGINT");
        run.child.kill("SIGHUP");
        run.child.stdin?.end("end\n");
        expect((await run.ended).status).toBe(0);
        expect(run.output()).toBe("ready\nline end\n");
    });
});

describe("MAIXJS_ESBUILD", () => {
    beforeEach(() => executable('echo "$MAIXJS_ESBUILD"'));

    it("is the package's native esbuild", async () => {
        symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
        const run = start([]);
        await run.ended;
        expect(run.output()).toMatch(/\/@esbuild\/linux-\w+\/bin\/esbuild\n$/);
    });

    it("stays what the user has set", async () => {
        const run = start([], { MAIXJS_ESBUILD: "/my/esbuild" });
        await run.ended;
        expect(run.output()).toBe("/my/esbuild\n");
    });

    it("is not set where the package has none", async () => {
        const run = start([]);
        await run.ended;
        expect(run.output()).toBe("\n");
    });
});

describe("--device", () => {
    it.each([
        [["record.ts", "--device", "cam"], "maixjs run record.ts --device cam"],
        [["--device=cam", "record.ts", "x"], "maixjs run record.ts --device=cam"],
    ])("in %j is an error with the right spelling", async (args, spelling) => {
        executable("echo never");
        const run = start(args);
        expect((await run.ended).status).toBe(2);
        expect(run.output()).toBe(`maixjs: --device belongs to a command: ${spelling}\n`);
    });

    it("behind -- is the script's own", async () => {
        executable('echo "$@"');
        const run = start(["record.ts", "--", "--device", "cam"]);
        await run.ended;
        expect(run.output()).toBe("record.ts -- --device cam\n");
    });
});

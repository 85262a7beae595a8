// SPDX-License-Identifier: MIT
// `maixjs --app` at a terminal, through a real pseudo-terminal (test/support/terminal.py).

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { executable, projectRoot } from "../support/process.ts";
import { temporaryFolder } from "../support/run.ts";
import { boardEnvironment } from "./control_client.ts";

it("takes one Ctrl-C for one, however late the supervisor is", () => {
    const folder = temporaryFolder();
    const script = join(folder, "main.js");
    // What it prints is passed on after the signal: so "go" comes when both have looked at that.
    writeFileSync(
        script,
        `import * as std from "qjs:std";
         import * as os from "qjs:os";
         import { app, time } from "maix";
         const stat = std.loadFile("/proc/self/stat");
         const supervisor = Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]);
         console.log("ready");
         while (!app.needExit());
         const end = time.ticksMs() + 300; while (time.ticksMs() < end);
         console.log("asked");
         os.kill(supervisor, 18); // SIGCONT
         const line = std.in.getline();
         for (let i = 0; i < 1e6; i++);
         console.log("clean", line);`,
    );
    const steps = [
        ["expect", "ready"],
        ["signal", "SIGSTOP"],
        ["send", "\u0003"],
        ["expect", "asked"],
        ["send", "go\n"],
        ["end", ""],
    ];
    const command = [executable, "--app", "hello", script];
    const job = { cwd: folder, command, env: boardEnvironment(folder), steps };
    const { stdout } = spawnSync("python3", [join(projectRoot, "test/support/terminal.py")], {
        input: JSON.stringify(job),
        encoding: "utf8",
    });
    const { failure, status, text } = JSON.parse(stdout) as Record<string, unknown>;
    expect(failure).toBeNull();
    expect(text).toContain("clean go");
    expect(status).toBe(0);
});

// SPDX-License-Identifier: MIT
// `maixjs run` without a board, and what the system refuses.

import { symlinkSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { cli, makeFolder } from "../../support/cli.ts";

describe("run on this PC", () => {
    it("runs scripts, not the executable's commands", async () => {
        const cwd = makeFolder({ "main.ts": 'console.log("hi", process.argv[2]);' });
        for (const word of ["stop", "logs", "devices"]) {
            const { status, stdout, stderr } = await cli(["run", "--local", word], { cwd });
            expect({ status, stdout, stderr }).toEqual({
                status: 2,
                stdout: "",
                stderr: `maixjs: there is no script ${word}\n`,
            });
        }
        const ran = await cli(["run", "--local", "main.ts", "--", "--x"], { cwd });
        expect(ran.stdout).toBe("hi --x\n");
        const read = await cli(["run", "--local", "-"], { cwd, input: "console.log(1);" });
        expect(read.stdout).toBe("1\n");
    });

    it("says which working folder is none", async () => {
        const cwd = makeFolder({ "main.ts": "" });
        const { status, stderr } = await cli(["run", "--local", "--cwd", "no", "main.ts"], { cwd });
        expect(stderr).toMatch(/^maixjs: cannot use the working folder no: ENOENT.*\n$/);
        expect(status).toBe(2);
    });
});

it("says before the run that nothing can be fetched into a file", async () => {
    const cwd = makeFolder({ "main.ts": "", taken: "" });
    const args = ["run", "main.ts", "--device", "gone.invalid", "--fetch", "*", "--into", "taken"];
    const { status, stderr } = await cli(args, { cwd });
    expect(stderr).toBe("maixjs: --into taken: it is no folder\n");
    expect(status).toBe(2);
});

it("is no bug of ours where the system refuses", async () => {
    const cwd = makeFolder({
        "main.ts": "",
        "app.yaml": "id: x\nname: x\nversion: 1.0.0\nauthor: x\ndesc: x\n",
    });
    symlinkSync("gone", join(cwd, "dist"));
    const { status, stderr } = await cli(["package"], { cwd });
    expect(stderr).toMatch(/^maixjs: ENOENT: .*\n$/);
    expect(status).toBe(1);
});

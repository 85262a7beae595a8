// SPDX-License-Identifier: MIT
// The tar stream, unpacked by this machine's tar (GNU's, as on MaixCAM2). busybox's reads it in
// test/ts/cli/install.test.ts.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { type TarFile, tarPieces } from "../../../ts/core/tar.ts";
import { makeFolder } from "../../support/cli.ts";

const long = `${"folder/".repeat(20)}${"n".repeat(200)}`;

const files: readonly TarFile[] = [
    { path: "new/a", data: Buffer.from("#!/bin/sh\n"), isExecutable: true },
    { path: "new/empty", data: Buffer.alloc(0), isExecutable: false },
    { path: "new/block", data: Buffer.alloc(512, "b"), isExecutable: false },
    { path: `new/${"n".repeat(96)}`, data: Buffer.from("100 bytes"), isExecutable: false },
    { path: `new/${long}`, data: Buffer.from("long"), isExecutable: true },
    { path: `new/${"文".repeat(60)} ü`, data: Buffer.alloc(1000, "x"), isExecutable: false },
];

it("holds names, modes and bytes", () => {
    const cwd = makeFolder();
    const input = Buffer.concat([...tarPieces(files)]);
    expect(input.length % 512).toBe(0);
    const { status, stderr } = spawnSync("tar", ["-xf", "-"], { cwd, input, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const { path, data, isExecutable } of files) {
        expect(readFileSync(join(cwd, path)).equals(Buffer.from(data)), path).toBe(true);
        expect(statSync(join(cwd, path)).mode & 0o777, path).toBe(isExecutable ? 0o755 : 0o644);
    }
    expect(readdirSync(cwd)).toEqual(["new"]);
});

// SPDX-License-Identifier: MIT
// The esbuild that goes onto a board, and runs there: only the one that package-lock.json names. Its
// download from npm is in test/ts/cli/deploy.test.ts.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, expect, it, vi } from "vitest";

import { fetchEsbuild } from "../../../ts/core/board_esbuild.ts";
import { makeFolder } from "../../support/cli.ts";
import { projectRoot } from "../../support/process.ts";

afterEach(() => vi.unstubAllEnvs());

it("is not what somebody else, or a power cut, has left in the cache", async () => {
    // A download that is another one, and so refused.
    const npm =
        '#!/bin/sh\nwhile [ "$1" != --pack-destination ]; do shift; done\necho x > "$2/x.tgz"\n';
    const folder = makeFolder();
    writeFileSync(join(folder, "npm"), npm, { mode: 0o755 });
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
    vi.stubEnv("MAIXJS_CACHE", join(folder, "cache"));
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    // Of the two boards, this machine may be one.
    const target = process.arch === "arm64" ? "maixcam" : "maixcam2";
    await expect(fetchEsbuild(target)).rejects.toThrow(/is not the one that belongs here/);
    mkdirSync(join(folder, "cache/esbuild"), { recursive: true });
    expect(readdirSync(join(folder, "cache/esbuild"))).toEqual([]);
    const lock = JSON.parse(readFileSync(join(projectRoot, "dist/cli/esbuild.json"), "utf8"));
    for (const [name, { integrity }] of Object.entries<{ integrity: string }>(lock)) {
        const digest = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
        for (const ending of ["", ".tgz"]) {
            const file = `cache/esbuild/${name}-${digest.slice(0, 16)}${ending}`;
            writeFileSync(join(folder, file), "evil");
        }
    }
    await expect(fetchEsbuild(target)).rejects.toThrow(/is not the one that belongs here/);
});

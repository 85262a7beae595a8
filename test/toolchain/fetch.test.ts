// SPDX-License-Identifier: MIT
// Fetching the engine, and building: what is refused, and what is said then.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { download, readPin } from "../../toolchain/fetch.mjs";
import { findZig } from "../../toolchain/lib.mjs";
import { root } from "../support/files.ts";

let scratch: string;

beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "maixjs-toolchain-"));
});

afterEach(() => {
    rmSync(scratch, { recursive: true, force: true });
});

function script(name: string, args: readonly string[], env: NodeJS.ProcessEnv, base = root) {
    const clean = { ...process.env };
    delete clean.QUICKJS_NG_DIR;
    const { status, stdout, stderr } = spawnSync(process.execPath, [`toolchain/${name}`, ...args], {
        cwd: base,
        env: { ...clean, ...env },
        encoding: "utf8",
    });
    return { status, output: stdout + stderr };
}

describe("the pin in build.zig.zon", () => {
    it("is read with its version", () => {
        const pin = readPin();
        expect(pin.version).toMatch(/^\d+\.\d+\.\d+$/);
        expect(pin.url).toContain(`v${pin.version}.tar.gz`);
        expect(pin.hash).toMatch(/^N-V-/);
    });

    it("is an error where it is missing", () => {
        expect(() => readPin(".{ .dependencies = .{} }")).toThrow("does not pin quickjs");
    });
});

describe("fetching", () => {
    it("takes QUICKJS_NG_DIR, and says so; a wrong one is an error", () => {
        const wrong = script("fetch.mjs", [], { QUICKJS_NG_DIR: scratch });
        expect(wrong.status).toBe(1);
        expect(wrong.output).toMatch(/^maixjs: QUICKJS_NG_DIR: there is no quickjs\.h in .*\n$/);
    });

    it("lists what was tried, and what helps", () => {
        const copy = join(scratch, "copy");
        mkdirSync(copy);
        for (const path of ["toolchain", "build.zig.zon", "package.json"]) {
            cpSync(join(root, path), join(copy, path), { recursive: true });
        }
        const env = {
            ZIG: findZig().exe,
            ZIG_GLOBAL_CACHE_DIR: join(scratch, "empty"),
            MAIXJS_QUICKJS_SOURCE: "cache",
        };
        const { status, output } = script("fetch.mjs", [], env, copy);
        expect(status).toBe(1);
        expect(output).toContain("could not be fetched");
        expect(output).toContain("cache: not in");
        expect(output).toContain("QUICKJS_NG_DIR=");
    });

    it("refuses an unknown name of a source", () => {
        const { status, output } = script("fetch.mjs", [], { MAIXJS_QUICKJS_SOURCE: "nonsense" });
        expect(status).toBe(1);
        expect(output).toContain("use one of cache, upstream, pool, qjs-src");
    });

    it("gives up on a server that goes silent, and on one that says no", async () => {
        const server = createServer((request, response) => {
            if (request.url === "/missing") response.writeHead(404).end();
            else response.writeHead(200).write("some bytes, and then nothing");
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        const file = join(scratch, "file");
        const base = ["http:", "", `127.0.0.1:${port}`].join("/");
        try {
            await expect(download(`${base}/silent`, file, 50)).rejects.toThrow(
                "no answer for 0.05 s",
            );
            await expect(download(`${base}/missing`, file)).rejects.toThrow("HTTP status 404");
        } finally {
            server.closeAllConnections();
            server.close();
        }
    });
});

describe("building", () => {
    it("refuses unknown options and unknown targets", () => {
        const option = script("build.mjs", ["--fast"], {});
        expect(option.status).toBe(1);
        expect(option.output).toMatch(/^maixjs: unknown option --fast; known: .*\n$/);

        const target = script("build.mjs", ["-Dtarget-name=nope"], {});
        expect(target.status).toBe(1);
        expect(target.output).toContain(
            'unknown target "nope"; toolchain/targets.json has: x86_64',
        );
    });

    it("does nothing where the package came without sources", () => {
        cpSync(join(root, "toolchain"), join(scratch, "toolchain"), { recursive: true });
        expect(script("build.mjs", ["--prepare"], {}, scratch)).toEqual({ status: 0, output: "" });
    });
});

describe("the tools that the tests use", () => {
    const bare = { PATH: "/nonexistent" };

    it("are an error when missing under CI=true", () => {
        const { status, output } = script("test-tools.mjs", [], { ...bare, CI: "true" });
        expect(status).toBe(1);
        expect(output).toMatch(/^maixjs: the tests need soxi, .*apt-get install sox /);
    });

    it("are a hint elsewhere", () => {
        const { status, output } = script("test-tools.mjs", [], { ...bare, CI: "" });
        expect(status).toBe(0);
        expect(output).toContain("the tests that use them are skipped");
    });
});

// SPDX-License-Identifier: MIT
// The npm package as a user gets it: packed, installed into an empty folder, and used there, with
// nothing of this checkout.

import { execFile, execFileSync } from "node:child_process";
import {
    existsSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    realpathSync,
    statSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Ended, projectRoot, type RunOptions, run } from "../../support/process.ts";

const PACKED_BYTES_MAX = 4e6;
const TIME_LIMIT_MS = 600_000; // four executables may have to be compiled
const targets: Readonly<Record<string, { host: string | null }>> = JSON.parse(
    readFileSync(join(projectRoot, "toolchain/targets.json"), "utf8"),
);

let folder: string;
let tarball: string;
let command: string;

// What says where packages come from; npm gives its scripts more than that, such as a prefix.
const MACHINE = ["registry", "userconfig", "globalconfig", "cache", "cafile", "proxy", "noproxy"];

/** npm in a home of its own, with this machine's registry and cache and nothing else of the user's. */
function userEnvironment(): NodeJS.ProcessEnv {
    const names = [...MACHINE.map((name) => `npm_config_${name}`), "npm_config_https_proxy"];
    const given = names.filter((name) => process.env[name] !== undefined);
    return {
        npm_config_userconfig: join(homedir(), ".npmrc"),
        npm_config_cache: join(homedir(), ".npm"),
        ...Object.fromEntries(given.map((name) => [name, process.env[name]])),
        PATH: process.env.PATH,
        HOME: join(folder, "home"),
    };
}

async function npm(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
    const all = [...args, "--no-audit", "--no-fund", "--prefer-offline"];
    await promisify(execFile)("npm", all, { cwd, env, maxBuffer: 64 << 20 });
}

/** `maixjs <args>` as it was installed. */
function maixjs(
    args: readonly string[],
    cwd: string,
    more: Partial<RunOptions> = {},
): Promise<Ended> {
    // Neither Zig nor npm's own variables, nor esbuild of this checkout.
    const env = { PATH: process.env.PATH, HOME: join(folder, "home"), MAIXJS_ESBUILD: undefined };
    return run(args, { cwd, env, command, ...more });
}

beforeAll(async () => {
    folder = realpathSync(await mkdtemp(join(tmpdir(), "maixjs-package-")));
    for (const name of ["home", "packed", "user"]) mkdirSync(join(folder, name));
    await npm(["pack", "--pack-destination", join(folder, "packed")], projectRoot, process.env);
    tarball = join(folder, "packed", readdirSync(join(folder, "packed"))[0] ?? "");
    await npm(["install", tarball], join(folder, "user"), userEnvironment());
    command = join(folder, "user/node_modules/.bin/maixjs");
}, TIME_LIMIT_MS);

afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
});

describe("the tarball", () => {
    const listed = (): string[] =>
        execFileSync("tar", ["-tf", tarball], { encoding: "utf8" })
            .split("\n")
            .filter((name) => name !== "")
            .map((name) => name.replace(/^package\//, ""));

    it("holds what users need, and is small", () => {
        const names = listed();
        for (const target of Object.keys(targets)) expect(names).toContain(`dist/${target}/maixjs`);
        for (const name of readdirSync(join(projectRoot, "ts/cli"))) {
            if (!name.endsWith(".ts") || name === "command.ts") continue;
            expect(names).toContain(`dist/cli/${name.replace(/ts$/, "js")}`);
        }
        expect(names).toEqual(expect.arrayContaining(["README.md", "LICENSE", "package.json"]));
        expect(names).toContain("dist/licences/QuickJS-ng.txt");
        expect(statSync(tarball).size).toBeLessThan(PACKED_BYTES_MAX);
    });

    it("holds nothing else", () => {
        const known =
            /^(README\.md|LICENSE|package\.json|modules\/MAIXPY\.md|toolchain\/targets\.json|ts\/config\.d\.ts|ts\/cli\/maixjs\.js|ts\/core\/native\.js|dist\/[\w-]+\/maixjs|dist\/cli\/[\w-]+\.js(on)?|dist\/licences\/[@\w.-]+\.txt|examples\/[\w-]+\.ts|(modules|runtime)\/([\w-]+\/)?\w+\.d\.ts)$/;
        expect(listed().filter((name) => !known.test(name))).toEqual([]);
    });
});

describe("the installed package", () => {
    it("was not built", () => {
        const root = join(folder, "user/node_modules/maixjs");
        expect(lstatSync(root).isSymbolicLink()).toBe(false);
        expect(existsSync(join(root, "zig-out"))).toBe(false);
        expect(existsSync(join(root, "build.zig"))).toBe(false);
        expect(existsSync(join(folder, "user/node_modules/@zigc"))).toBe(false);
        for (const target of Object.keys(targets)) {
            expect(statSync(join(root, `dist/${target}/maixjs`)).mode & 0o111).toBe(0o111);
        }
        const built = readdirSync(join(folder, "home"), { recursive: true, encoding: "utf8" });
        expect(built.filter((name) => name.includes("zig"))).toEqual([]);
    });

    it("leads from init to an app", async () => {
        const user = join(folder, "user");
        expect((await maixjs(["--version"], user)).stdout).toMatch(/^maixjs \d/);
        const init = await maixjs(["init", "recorder"], user);
        expect(init).toMatchObject({ status: 0, stderr: "" });
        const project = join(user, "recorder");

        expect(await maixjs(["check"], project)).toMatchObject({ status: 0, stdout: "" });

        const recording = await maixjs(["--mic", "sim:tone", "main.ts"], project, {
            stopWhen: (stdout) => stdout.includes("0.5 s: "),
            signal: "SIGTERM", // a terminal's Ctrl-C reaches both processes, this one only ours
        });
        expect(recording.status).toBe(0);
        const [, frames] = /take\.wav: (\d+) frames/.exec(recording.stdout) ?? [];
        expect(statSync(join(project, "take.wav")).size).toBe(44 + 2 * Number(frames));

        expect(await maixjs(["package"], project)).toMatchObject({ status: 0, stderr: "" });
        const zip = join(project, "dist/recorder_v1.0.0.zip");
        const names = execFileSync("python3", ["-m", "zipfile", "-l", zip], { encoding: "utf8" });
        expect(names).toMatch(/recorder\/recorder /);
    });

    it("works with a project that was there, also when it was installed into that", async () => {
        const user = join(folder, "user");
        const { status, stdout } = await maixjs(["init", "."], user);
        expect(status).toBe(0);
        expect(stdout).toContain("kept package.json, which was there\n");
        expect(await maixjs(["check"], user)).toMatchObject({ status: 0, stdout: "" });
    });

    it("lists its commands", async () => {
        const { status, stdout } = await maixjs(["--help"], folder);
        expect(status).toBe(0);
        for (const name of ["init", "check", "package", "install", "apps", "autostart"]) {
            expect(stdout).toMatch(new RegExp(`^ {2}maixjs ${name} `, "m"));
        }
    });
});

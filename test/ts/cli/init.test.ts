// SPDX-License-Identifier: MIT
// `maixjs init` and `maixjs check`: a project that has no type errors, and one that has.

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { cli, makeFolder } from "../../support/cli.ts";
import { projectRoot } from "../../support/process.ts";

const made = [
    ".gitignore",
    "app.yaml",
    "main.ts",
    "maixjs.config.ts",
    "package.json",
    "tsconfig.json",
];

/** A project of `maixjs init`, with the package installed. */
async function project(name = "my-app"): Promise<string> {
    const parent = makeFolder();
    expect((await cli(["init", name], { cwd: parent })).status).toBe(0);
    const folder = join(parent, name);
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(projectRoot, join(folder, "node_modules/maixjs"));
    return folder;
}

describe("init", () => {
    it("makes a project and says what is next", async () => {
        const cwd = makeFolder();
        const { status, stdout, stderr } = await cli(["init", "deep/My app"], { cwd });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(readdirSync(join(cwd, "deep/My app")).sort()).toEqual(made);
        expect(stdout).toContain('cd "deep/My app"\n');
        expect(stdout).toContain("npx maixjs dev main.ts --device");
        const manifest = JSON.parse(readFileSync(join(cwd, "deep/My app/package.json"), "utf8"));
        expect(manifest.name).toBe("my-app");
        expect(manifest.devDependencies.maixjs).toMatch(/^\^\d+\.\d+\.\d+$/);
        expect(readFileSync(join(cwd, "deep/My app/app.yaml"), "utf8")).toContain("id: my_app\n");
    });

    it("replaces nothing", async () => {
        const files = Object.fromEntries(made.map((name) => [name, `my own ${name}`]));
        const cwd = makeFolder({ ...files, "main.ts": "my own script" });
        const { status, stdout } = await cli(["init", "."], { cwd });
        expect(status).toBe(0);
        for (const name of made) expect(stdout).toContain(`kept ${name}, which was there\n`);
        expect(stdout).not.toContain("cd ");
        expect(readFileSync(join(cwd, "main.ts"), "utf8")).toBe("my own script");
        expect(readFileSync(join(cwd, "package.json"), "utf8")).toBe("my own package.json");
    });

    it("adds what is missing", async () => {
        const cwd = makeFolder({ "package.json": "{}", "main.ts": "// mine\n" });
        const { stdout } = await cli(["init", "."], { cwd });
        expect(stdout).toMatch(/^made tsconfig.json\nmade maixjs.config.ts\nmade app.yaml\n/);
        expect(readFileSync(join(cwd, "package.json"), "utf8")).toBe("{}");
    });

    it.each([["."], ["42"], ["Ünïcode"], ["-"]])("finds names for a folder %s", async (name) => {
        const cwd = makeFolder({}, "Wörk 1");
        expect((await cli(["init", "--", name], { cwd })).status).toBe(0);
        const folder = join(cwd, name);
        mkdirSync(join(folder, "node_modules"));
        symlinkSync(projectRoot, join(folder, "node_modules/maixjs"));
        const packed = await cli(["package"], { cwd: folder });
        expect(packed).toMatchObject({ status: 0, stderr: "" });
    });

    it("says in a line what is wrong", async () => {
        const cwd = makeFolder({ file: "" });
        expect(await cli(["init"], { cwd })).toMatchObject({
            status: 2,
            stderr: "maixjs: which folder?\n    see `maixjs init --help`\n",
        });
        expect((await cli(["init", "file"], { cwd })).stderr).toMatch(
            /is there, and is no folder\n$/,
        );
        expect((await cli(["init", "/proc/x/y"], { cwd })).stderr).toMatch(
            /^maixjs: cannot make the folder \/proc\/x: [^\n]+\n$/,
        );
        expect((await cli(["init", "a", "b"], { cwd })).status).toBe(2);
        expect((await cli(["init", "--force", "a"], { cwd })).status).toBe(2);
    });

    it("has a help with an example", async () => {
        for (const command of ["init", "check", "package"]) {
            const { status, stdout } = await cli([command, "--help"], { cwd: makeFolder() });
            expect(status).toBe(0);
            expect(stdout).toMatch(/^Usage: maixjs \w+ [\s\S]*\nExample:\n {2}maixjs /);
        }
    });
});

describe("check", () => {
    it("finds nothing in a new project", async () => {
        const cwd = await project();
        expect(await cli(["check"], { cwd })).toMatchObject({ status: 0, stdout: "", stderr: "" });
    });

    it("shows tsc's errors at their place, also from a folder below", async () => {
        const cwd = await project();
        const bad = 'import { audio } from "maix";\nnew audio.Recorder().recrod();\n';
        writeFileSync(join(cwd, "bad.ts"), bad);
        const { status, stdout } = await cli(["check"], { cwd });
        expect(status).toBe(1);
        expect(stdout).toMatch(/^bad\.ts\(2,22\): error TS2551: Property 'recrod'/);
        mkdirSync(join(cwd, "sub"));
        expect((await cli(["check"], { cwd: join(cwd, "sub") })).stdout).toContain("recrod");
        expect((await cli(["check", cwd], { cwd: makeFolder() })).stdout).toContain("recrod");
    });

    it("checks maixjs.config.ts", async () => {
        const cwd = await project();
        const path = join(cwd, "maixjs.config.ts");
        const text = readFileSync(path, "utf8").replace('// device: "', 'devise: "');
        writeFileSync(path, text);
        expect((await cli(["check"], { cwd })).stdout).toContain("devise");
    });

    it("says that the types are not installed", async () => {
        const cwd = makeFolder();
        await cli(["init", "."], { cwd });
        const { status, stdout, stderr } = await cli(["check"], { cwd });
        expect(status).toBe(1);
        expect(stdout).toContain("'maixjs'");
        expect(stderr).toBe(
            "maixjs: the types of maixjs are not installed in this project\n    npm install maixjs\n",
        );
    });

    it("says where there is no project", async () => {
        expect(await cli(["check"], { cwd: makeFolder() })).toMatchObject({
            status: 1,
            stderr: "maixjs: there is no tsconfig.json in . or above\n    `maixjs init .` makes one\n",
        });
    });
});

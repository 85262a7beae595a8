// SPDX-License-Identifier: MIT
// `maixjs package`: what is in the zip, what is refused, and that it is the same each time.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    chmodSync,
    cpSync,
    existsSync,
    mkdirSync,
    readFileSync,
    symlinkSync,
    truncateSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { readZip } from "../../../ts/core/zip.ts";
import { cli, makeFolder } from "../../support/cli.ts";
import { executable } from "../../support/process.ts";
import { hasTool } from "../../support/tools.ts";

const yaml = "id: my_app\nname: My App\nversion: 1.2.3\nauthor: Me\ndesc: It does it\n";
const zipName = "dist/my_app_v1.2.3.zip";
const base = {
    "app.yaml": yaml,
    "main.ts":
        'import { word } from "./lib/word.ts";\nconst text: string = word;\nconsole.log(text);\n',
    "lib/word.ts": 'export const word = "hello";\n',
};

async function contents(folder: string): Promise<string[]> {
    const entries = await readZip(readFileSync(join(folder, zipName)), "zip");
    return entries.map(({ path }) => path);
}

/** Packs these files; gives the paths in the zip. */
async function pack(files: Readonly<Record<string, string>>): Promise<string[]> {
    const cwd = makeFolder({ ...base, ...files });
    expect(await cli(["package"], { cwd })).toMatchObject({ status: 0, stderr: "" });
    return contents(cwd);
}

const own = ["my_app/app.yaml", "my_app/main.js", "my_app/my_app"];

describe("the zip", () => {
    it.skipIf(!hasTool("unzip"))("is an app that starts", async () => {
        const cwd = makeFolder({ ...base, "assets/icon.png": "png", notes: "" });
        const { status, stdout } = await cli(["package"], { cwd });
        expect(status).toBe(0);
        expect(stdout).toMatch(
            /^dist\/my_app_v1\.2\.3\.zip: \d[\d.]* k?B\ndist\/release_info_v1\.2\.3\.yaml\n$/,
        );
        const board = makeFolder();
        execFileSync("unzip", ["-q", join(cwd, zipName)], { cwd: board });
        expect(readFileSync(join(board, "my_app/app.yaml"), "utf8")).toBe(yaml);
        // The launcher's way: the executable, in whatever folder, with maixjs in PATH.
        const bin = makeFolder();
        writeFileSync(join(bin, "maixjs"), '#!/bin/sh\npwd\nprintf "%s\\n" "$@"\n', {
            mode: 0o755,
        });
        const env = { PATH: `${bin}:${process.env.PATH}` };
        const stub = join(board, "my_app/my_app");
        const text = execFileSync(stub, ["a b"], { cwd: "/", env, encoding: "utf8" });
        expect(text).toBe(`${board}/my_app\n--app\nmy_app\n./main.js\na b\n`);
        const output = execFileSync(executable, ["main.js"], {
            cwd: join(board, "my_app"),
            env: { ...env, HOME: board, XDG_CACHE_HOME: board },
            encoding: "utf8",
        });
        expect(output).toBe("hello\n");
    });

    it("is the same in another folder, at another time, with another umask and time zone", async () => {
        const files = { ...base, "assets/a/b.txt": "b", "run.sh": "#!/bin/sh\n", "assets/c": "c" };
        const first = makeFolder(files, "one");
        const second = join(makeFolder(), "deeper/two");
        mkdirSync(second, { recursive: true });
        for (const name of Object.keys(files).reverse()) {
            cpSync(join(first, name), join(second, name));
            utimesSync(join(second, name), 1e9, 1e9);
            chmodSync(join(second, name), 0o600);
        }
        for (const folder of [first, second]) chmodSync(join(folder, "run.sh"), 0o700);
        await cli(["package"], { cwd: first });
        await cli(["package"], {
            cwd: second,
            env: { TZ: "Asia/Kathmandu", LC_ALL: "C", SOURCE_DATE_EPOCH: "1000000000" },
        });
        const zip = readFileSync(join(first, zipName));
        expect(Buffer.compare(readFileSync(join(second, zipName)), zip)).toBe(0);
        await cli(["package"], { cwd: first }); // dist is there now
        expect(Buffer.compare(readFileSync(join(first, zipName)), zip)).toBe(0);
    });

    it("names no folder of this machine, also where packages are installed further up", async () => {
        const parent = makeFolder({
            "node_modules/lib/package.json": '{ "name": "lib", "main": "index.js" }',
            "node_modules/lib/index.js": "export const lib = 1;\n",
        });
        const places = ["a", "b"].map((name) => join(parent, name));
        const zips: Buffer[] = [];
        for (const cwd of places) {
            mkdirSync(cwd);
            writeFileSync(join(cwd, "app.yaml"), yaml);
            writeFileSync(join(cwd, "main.ts"), 'import { lib } from "lib";\nconsole.log(lib);\n');
            expect((await cli(["package"], { cwd })).status).toBe(0);
            zips.push(readFileSync(join(cwd, zipName)));
        }
        expect(zips[1]?.equals(zips[0] ?? Buffer.alloc(0))).toBe(true);
        const entries = await readZip(zips[0] ?? Buffer.alloc(0), "zip");
        const code = entries.find(({ path }) => path.endsWith("main.js"));
        const text = Buffer.from(code?.data ?? "").toString();
        const map = JSON.parse(
            Buffer.from(text.slice(text.lastIndexOf(",") + 1), "base64").toString(),
        ) as { sources: string[] };
        expect(map.sources).toEqual(["../node_modules/lib/index.js", "main.ts"]);
    });
});

describe("the app's files", () => {
    it("are all but what only makes the app", async () => {
        const paths = await pack({
            "package.json": "{}",
            "package-lock.json": "{}",
            "tsconfig.json": "{}",
            "maixjs.config.ts": "export default {};",
            ".env": "SECRET=1",
            ".git/config": "",
            "__pycache__/x": "",
            "node_modules/x/index.js": "",
            "dist/old.zip": "",
            "models/a.bin": "a",
            "models/package.json": "{}",
            "data.json": "[]",
        });
        expect(paths).toEqual(
            [
                ...own,
                "my_app/data.json",
                "my_app/models/a.bin",
                "my_app/models/package.json",
            ].sort(),
        );
    });

    it("are without `exclude`, and with `extra_include`", async () => {
        const paths = await pack({
            "app.yaml": `${yaml}exclude: [models, notes.txt]\nextra_include: { dist/x.bin: y/x.bin, models/b: b }\n`,
            "models/a": "",
            "models/b": "",
            "modelsx/a": "",
            "notes.txt": "",
            "dist/x.bin": "",
        });
        expect(paths).toEqual([...own, "my_app/b", "my_app/modelsx/a", "my_app/y/x.bin"].sort());
    });

    it("are only `files` where they are given, and the icon", async () => {
        const paths = await pack({
            "app.yaml": `${yaml}icon: icons/i.png\nfiles: { assets: a, .hidden: shown, app.yaml: app.yaml }\n`,
            "icons/i.png": "",
            "icons/j.png": "",
            "assets/x/y": "",
            "assets/.z": "",
            ".hidden": "",
            "notes.txt": "",
        });
        const wanted = ["my_app/a/.z", "my_app/a/x/y", "my_app/icons/i.png", "my_app/shown"];
        expect(paths).toEqual([...own, ...wanted].sort());
    });

    it("have the script's limits with them", async () => {
        const limits = { memoryLimit: "64M", timeoutMs: 5 };
        const manifest = JSON.stringify({ name: "x", maixjs: limits, devDependencies: {} });
        const cwd = makeFolder({ ...base, "package.json": manifest });
        await cli(["package"], { cwd });
        const entries = await readZip(readFileSync(join(cwd, zipName)), "zip");
        const one = entries.find(({ path }) => path === "my_app/package.json");
        expect(JSON.parse(Buffer.from(one?.data ?? "").toString())).toEqual({ maixjs: limits });
    });

    it("are not too many, and not too large", async () => {
        const cwd = makeFolder(base);
        truncateSync(join(cwd, "main.ts"), 0);
        writeFileSync(join(cwd, "big"), "");
        truncateSync(join(cwd, "big"), 600e6);
        const { status, stderr } = await cli(["package"], { cwd });
        expect(status).toBe(1);
        expect(stderr).toContain("the app would have more than 512 MiB\n    list what belongs");
    });

    it("keep their executable bit", async () => {
        const cwd = makeFolder({ ...base, tool: "", text: "" });
        chmodSync(join(cwd, "tool"), 0o711);
        await cli(["package"], { cwd });
        const entries = await readZip(readFileSync(join(cwd, zipName)), "zip");
        const modes = entries.map(({ path, isExecutable }) => [path.slice(7), isExecutable]);
        expect(Object.fromEntries(modes)).toEqual({
            "app.yaml": false,
            "main.js": false,
            my_app: true,
            text: false,
            tool: true,
        });
    });

    it("may be links inside of the project", async () => {
        const cwd = makeFolder({ ...base, "a.txt": "text" });
        symlinkSync("a.txt", join(cwd, "b.txt"));
        await cli(["package"], { cwd });
        const entries = await readZip(readFileSync(join(cwd, zipName)), "zip");
        const b = entries.find(({ path }) => path === "my_app/b.txt");
        expect(Buffer.from(b?.data ?? "").toString()).toBe("text");
    });

    it("say that exclude counts for nothing beside files", async () => {
        const cwd = makeFolder({ ...base, "app.yaml": `${yaml}exclude: [dist]\nfiles: [lib]\n` });
        const { status, stderr } = await cli(["package"], { cwd });
        expect({ status, stderr }).toEqual({
            status: 0,
            stderr: "app.yaml: `files` is given, so that `exclude` and `extra_include` count for nothing\n",
        });
    });
});

describe("release_info", () => {
    it("has MaixPy's fields", async () => {
        const cwd = makeFolder({ ...base, "app.yaml": `${yaml}name[zh]: 应用\nfiles: [lib]\n` });
        const env = { SOURCE_DATE_EPOCH: "1700000000", TZ: "Asia/Kathmandu" };
        await cli(["package"], { cwd, env });
        const text = readFileSync(join(cwd, "dist/release_info_v1.2.3.yaml"), "utf8");
        const zip = readFileSync(join(cwd, zipName));
        expect(parse(text, { version: "1.1" })).toEqual({
            app_info: {
                id: "my_app",
                name: "My App",
                "name[zh]": "应用",
                version: "1.2.3",
                author: "Me",
                desc: "It does it",
                icon: "",
                files: { "lib/word.ts": "lib/word.ts", "app.yaml": "app.yaml" },
            },
            date: "2023-11-14 22:13:20",
            filename: "my_app_v1.2.3.zip",
            filesize: zip.length,
            path: "dist/my_app_v1.2.3.zip",
            sha256sum: createHash("sha256").update(zip).digest("hex"),
        });
    });
});

describe("an error", () => {
    const refused = async (files: Readonly<Record<string, string>>, args: string[] = []) => {
        const cwd = makeFolder(files);
        const ended = await cli(["package", ...args], { cwd });
        expect(ended.stdout).toBe("");
        expect(existsSync(join(cwd, "dist"))).toBe("dist" in files);
        return ended;
    };

    it("is said where there is no app.yaml, no script, or another", async () => {
        expect(await refused({ "main.ts": "" })).toMatchObject({
            status: 1,
            stderr: expect.stringMatching(/^maixjs: there is no app\.yaml in .*\n {4}`maixjs init/),
        });
        expect((await refused({ "app.yaml": yaml })).stderr).toContain("there is no main.ts");
        expect((await refused(base, ["gone.ts"])).stderr).toContain("there is no script gone.ts");
        expect((await refused(base, ["a", "b"])).status).toBe(2);
        expect((await refused(base, ["--fast"])).status).toBe(2);
    });

    it("is esbuild's for a script that cannot be bundled", async () => {
        const { status, stderr } = await refused({ ...base, "main.ts": "let x = ;\n" });
        expect(status).toBe(1);
        expect(stderr).toContain("main.ts:1:8");
    });

    it.each<[string, Record<string, string>, string]>([
        ["a bad field", { "app.yaml": yaml.replace("1.2.3", "1.2") }, "version is no text"],
        ["an icon that is missing", { "app.yaml": `${yaml}icon: a.png\n` }, "there is no a.png"],
        ["a file that is missing", { "app.yaml": `${yaml}files: [gone]\n` }, "there is no gone"],
        ["MaixPy's main.py", { "main.py": "" }, "the launcher would start main.py"],
        ["a file of the bundle's name", { "main.js": "" }, "packing makes a file main.js"],
        ["a file of the app's name", { my_app: "" }, "packing makes a file my_app"],
        ["a folder of the app's name", { "my_app/x": "" }, "packing makes a file my_app"],
        ["an id that is taken", { "app.yaml": yaml.replace("my_app", "data") }, "another file"],
    ])("is said for %s", async (_, files, words) => {
        const { status, stderr } = await refused({ ...base, ...files });
        expect(status).toBe(1);
        expect(stderr).toContain(words);
    });

    it.each<[string, string, string]>([
        ["a link that leads out", "/etc/hostname", "leads out of the project"],
        ["a link to nothing", "gone", "there is no link"],
        ["a link to a folder", "lib", "is a link to a folder"],
    ])("is said for %s", async (_, target, words) => {
        const cwd = makeFolder(base);
        symlinkSync(target, join(cwd, "link"));
        const { status, stderr } = await cli(["package"], { cwd });
        expect(status).toBe(1);
        expect(stderr).toContain(words);
        expect(existsSync(join(cwd, "dist"))).toBe(false);
    });
});

describe("the stub", () => {
    it("says what is missing, on the log and to the launcher", async () => {
        const { stub } = await import("../../../ts/core/launcher.ts");
        const folder = makeFolder({ "home/.local/bin/.keep": "" });
        const tmp = join(folder, "tmp");
        const text = stub("my_app")
            .replaceAll("/maixapp/tmp", tmp)
            .replaceAll("/usr/bin/maixjs", join(folder, "nowhere"));
        writeFileSync(join(folder, "my_app"), text, { mode: 0o755 });
        const env = { PATH: "/usr/bin:/bin", HOME: join(folder, "home") };
        let stdout = "";
        try {
            execFileSync(join(folder, "my_app"), { env, encoding: "utf8" });
        } catch (error) {
            stdout = (error as { stdout: string }).stdout;
        }
        const line = "maixjs is not installed on this board; on the PC: maixjs deploy --device";
        expect(stdout).toMatch(new RegExp(`^${line} .*\\n$`));
        const message = readFileSync(join(tmp, "app_exit_msg.txt"), "utf8");
        expect(message).toBe(`my_app\n15\n${stdout}`);
        const maixjs = join(folder, "home/.local/bin/maixjs");
        writeFileSync(maixjs, '#!/bin/sh\necho "found $1"\n', { mode: 0o755 });
        expect(execFileSync("./my_app", { cwd: folder, env, encoding: "utf8" })).toBe(
            "found --app\n",
        );
    });
});

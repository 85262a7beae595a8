// SPDX-License-Identifier: MIT
// Zips: ours are read by Info-ZIP and Python; harmful ones are refused before anything is unpacked.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { strToU8, type Zippable, type ZippableFile, zipSync } from "fflate";
import { describe, expect, it } from "vitest";

import { openAppZip } from "../../../ts/core/app_zip.ts";
import { readZip, writeZip, type ZipEntry } from "../../../ts/core/zip.ts";
import { makeFolder } from "../../support/cli.ts";
import { hasTool } from "../../support/tools.ts";

const yaml = "id: a\nname: A\nversion: 1.0.0\nauthor: me\ndesc: d\n";
const app: Zippable = { "a/app.yaml": strToU8(yaml), "a/a": strToU8("#!/bin/sh\n") };

function entry(path: string, text: string, isExecutable = false): ZipEntry {
    return { path, data: Buffer.from(text), isExecutable };
}

function withMode(text: string, mode: number): ZippableFile {
    return [strToU8(text), { os: 3, attrs: mode * 2 ** 16 }];
}

describe("a zip of ours", () => {
    const entries = [
        entry("a/b/ünï ✓.txt", "words\n".repeat(1000)),
        entry("a/a", "#!/bin/sh\n", true),
        entry("a/empty", ""),
    ];

    it("has the same bytes whatever the order, the time zone and the clock", () => {
        const zip = writeZip(entries);
        const before = process.env.TZ;
        try {
            for (const zone of ["Asia/Kathmandu", "America/St_Johns", "UTC"]) {
                process.env.TZ = zone;
                expect(Buffer.compare(writeZip([...entries].reverse()), zip)).toBe(0);
            }
        } finally {
            if (before === undefined) delete process.env.TZ;
            else process.env.TZ = before;
        }
    });

    it("is read back", async () => {
        const read = await readZip(Buffer.from(writeZip(entries)), "x.zip");
        const byPath = (a: ZipEntry, b: ZipEntry) => (a.path < b.path ? -1 : 1);
        expect(
            read.sort(byPath).map(({ path, data, isExecutable }) => {
                return entry(path, Buffer.from(data).toString(), isExecutable);
            }),
        ).toEqual([...entries].sort(byPath));
    });

    it.skipIf(!hasTool("unzip"))("is unpacked by unzip, modes and all", () => {
        const folder = makeFolder();
        writeFileSync(join(folder, "x.zip"), writeZip(entries));
        execFileSync("unzip", ["-q", "x.zip"], { cwd: folder, env: { LC_ALL: "C.UTF-8" } });
        expect(statSync(join(folder, "a/a")).mode & 0o777).toBe(0o755);
        expect(statSync(join(folder, "a/b/ünï ✓.txt")).mode & 0o777).toBe(0o644);
        expect(readFileSync(join(folder, "a/b/ünï ✓.txt"), "utf8")).toBe("words\n".repeat(1000));
        expect(statSync(join(folder, "a/empty")).size).toBe(0);
    });

    it.skipIf(!hasTool("python3"))("is read by Python", () => {
        const folder = makeFolder();
        writeFileSync(join(folder, "x.zip"), writeZip(entries));
        const code =
            "import zipfile\nz=zipfile.ZipFile('x.zip')\nassert z.testzip() is None\n" +
            "for i in z.infolist(): print(i.filename, oct(i.external_attr>>16), i.file_size)";
        const env = { PATH: process.env.PATH, PYTHONIOENCODING: "utf8" };
        const text = execFileSync("python3", ["-c", code], { cwd: folder, env, encoding: "utf8" });
        expect(text.split("\n").sort()).toEqual(
            ["", "a/a 0o100755 10", "a/b/ünï ✓.txt 0o100644 6000", "a/empty 0o100644 0"].sort(),
        );
    });
});

describe("another maker's zip", () => {
    const open = (files: Zippable): ReturnType<typeof openAppZip> =>
        openAppZip(Buffer.from(zipSync(files)), "x.zip");

    it("is an app without modes, with folders", async () => {
        const { identity, entries, section } = await open({
            ...app,
            "a/assets/": new Uint8Array(),
            "a/assets/b.txt": strToU8("b"),
        });
        expect(identity).toEqual({ id: "a", name: "A", version: "1.0.0" });
        const listed = entries.map(({ path, isExecutable }) => [path, isExecutable]);
        expect(Object.fromEntries(listed)).toEqual({
            "app.yaml": false,
            a: true,
            "assets/b.txt": false,
        });
        expect(section).toBe(
            "[a]\nname=A\nversion=1.0.0\nauthor=me\ndesc=d\n" +
                "icon=/maixapp/share/icon/icon.json\nexec=a\n\n",
        );
    });

    it.each<[string, Zippable, string]>([
        ["a way out", { ...app, "a/../../etc/x": strToU8("") }, "invalid relative path"],
        ["an absolute path", { ...app, "/etc/x": strToU8("") }, "absolute path"],
        ["a backslash", { ...app, "a\\..\\x": strToU8("") }, "invalid characters"],
        ["a drive", { ...app, "C:/x": strToU8("") }, "absolute path"],
        ["a line end", { ...app, "a/x\ny": strToU8("") }, "control characters"],
        ["a path with a dot", { ...app, "a/./x": strToU8("") }, "plain form"],
        ["a link", { ...app, "a/x": withMode("/etc/passwd", 0o120777) }, "symbolic link"],
        ["a device", { ...app, "a/x": withMode("", 0o020666) }, "no file"],
        ["a folder that is a file", { ...app, "a/x/": withMode("", 0o100644) }, "no file"],
        ["a file that is a folder", { ...app, "a/x": withMode("", 0o040755) }, "no file"],
        ["a file below a file", { ...app, "a/a/x": strToU8("") }, "both a file and a folder"],
        ["a second top", { ...app, "b/x": strToU8("") }, "not in the app's folder"],
        ["no folder", { "app.yaml": strToU8(yaml) }, "no <id>/app.yaml"],
        ["another folder", { "b/app.yaml": strToU8(yaml), "b/b": strToU8("") }, "not in the app's"],
        ["no starter", { "a/app.yaml": strToU8(yaml) }, "nothing starts the app"],
        ["a bad id", { "a/app.yaml": strToU8(yaml.replace("a", "..")) }, "no app's id"],
    ])("is refused for %s", async (_, files, words) => {
        await expect(open(files)).rejects.toThrow(words);
    });

    it("is refused where it is none, is cut off, or is changed", async () => {
        const bytes = Buffer.from(zipSync(app, { level: 0 }));
        await expect(openAppZip(Buffer.from("no zip"), "x")).rejects.toThrow("no sound zip");
        await expect(openAppZip(bytes.subarray(0, -30), "x")).rejects.toThrow("no sound zip");
        const changed = Buffer.from(bytes);
        const at = changed.indexOf("#!/bin/sh");
        changed[at + 3] = 0x78;
        await expect(openAppZip(changed, "x")).rejects.toThrow("damaged (checksum)");
    });

    it("is refused for two files of one name", async () => {
        const bytes = Buffer.from(zipSync({ ...app, "a/b": strToU8("") }));
        for (let at = bytes.indexOf("a/b"); at >= 0; at = bytes.indexOf("a/b")) {
            bytes.write("a/a", at, "latin1");
        }
        await expect(openAppZip(bytes, "x")).rejects.toThrow("two files of one name");
    });

    it("is refused for what it would unpack to", async () => {
        const bytes = Buffer.from(zipSync({ ...app, "a/big": new Uint8Array(1 << 20) }));
        const central = bytes.lastIndexOf("a/big") - 46;
        bytes.writeUInt32LE(0x7fffffff, central + 24);
        await expect(openAppZip(bytes, "x")).rejects.toThrow("unpacks to more than 512 MiB");
    });

    it("does not unpack more than it announced", async () => {
        const bytes = Buffer.from(zipSync({ ...app, "a/big": new Uint8Array(1 << 20) }));
        const central = bytes.lastIndexOf("a/big") - 46;
        bytes.writeUInt32LE(10, central + 24);
        await expect(openAppZip(bytes, "x")).rejects.toThrow(
            /"a\/big" is damaged .*too many bytes/,
        );
    });

    it("is refused for too many files", async () => {
        const many = Object.fromEntries(
            Array.from({ length: 10_001 }, (_, i) => [`a/${i}`, new Uint8Array()]),
        );
        await expect(open(many)).rejects.toThrow("more than 10000 files");
    });
});

describe("Info-ZIP's zip", () => {
    it.skipIf(!hasTool("zip"))("is read, with its links refused", async () => {
        const folder = makeFolder({ "a/app.yaml": yaml, "a/a": "#!/bin/sh\n" });
        mkdirSync(join(folder, "a/sub"));
        execFileSync("zip", ["-q", "-r", "x.zip", "a"], { cwd: folder });
        const { entries } = await openAppZip(readFileSync(join(folder, "x.zip")), "x.zip");
        expect(entries.map(({ path }) => path).sort()).toEqual(["a", "app.yaml"]);
        execFileSync("ln", ["-s", "/etc/passwd", "a/link"], { cwd: folder });
        execFileSync("zip", ["-q", "-r", "-y", "y.zip", "a"], { cwd: folder });
        const links = openAppZip(readFileSync(join(folder, "y.zip")), "y.zip");
        await expect(links).rejects.toThrow("symbolic link");
        expect(existsSync(join(folder, "a/link"))).toBe(true);
    });
});

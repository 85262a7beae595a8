// SPDX-License-Identifier: MIT
// maix:fs, compared with what Node finds in the same folder.

import {
    chmodSync,
    existsSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    realpathSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { join, posix } from "node:path";

import { describe, expect, it } from "vitest";

import { type RunOptions, evaluate as run, temporaryFolder } from "../../support/run.ts";

const evaluate = (code: string, options: RunOptions = {}): Promise<unknown[]> =>
    run(`import { fs } from "maix";\n${code}`, options);

describe("whole files", () => {
    it("are read as bytes and as text", async () => {
        const cwd = temporaryFolder();
        const bytes = Buffer.from([0, 255, 10, 13, 128]);
        writeFileSync(join(cwd, "bytes"), bytes);
        writeFileSync(join(cwd, "text"), "\uFEFFgrüß 👋\n");
        writeFileSync(join(cwd, "empty"), "");
        writeFileSync(join(cwd, "large"), Buffer.alloc(300_001, "ab"));
        const [data, text, empty, large] = await evaluate(
            `out([...fs.read("bytes")]);
            out(fs.readText("text"));
            out([fs.read("empty").length, fs.readText("empty"), fs.read("bytes").byteOffset]);
            const large = fs.read("large");
            out([large.length, large.every((byte, i) => byte === 97 + i % 2), fs.getsize("large")]);`,
            { cwd },
        );
        expect(data).toEqual([...bytes]);
        expect(text).toBe("grüß 👋\n");
        expect(empty).toEqual([0, "", 0]);
        expect(large).toEqual([300_001, true, 300_001]);
    });

    it("of /proc, which have no size, are read", async () => {
        const [kernel, bytes] = await evaluate(`
            out(fs.readText("/proc/sys/kernel/ostype"));
            out(fs.read("/proc/kallsyms").length > 65536);
        `);
        expect(kernel).toBe("Linux\n");
        expect(bytes).toBe(statSync("/proc/kallsyms").isFile());
    });

    it("are written whole, and keep their permissions and links", async () => {
        const cwd = temporaryFolder();
        mkdirSync(join(cwd, "real"));
        writeFileSync(join(cwd, "real/old"), "old");
        chmodSync(join(cwd, "real/old"), 0o640);
        symlinkSync("real/old", join(cwd, "link"));
        symlinkSync("made", join(cwd, "nowhere"));
        const before = statSync(join(cwd, "real/old")).ino;
        await evaluate(
            `fs.write("new", "grüß");
            fs.write("link", new Uint8Array([1, 2, 3]));
            fs.write("nowhere", new Uint16Array([0x4142]).buffer);
            fs.write("view", new Uint8Array([9, 1, 2, 9]).subarray(1, 3));
            fs.write("none", "");`,
            { cwd },
        );
        expect(readFileSync(join(cwd, "new"), "utf8")).toBe("grüß");
        expect(statSync(join(cwd, "new")).mode & 0o777).toBe(0o644);
        expect([...readFileSync(join(cwd, "real/old"))]).toEqual([1, 2, 3]);
        expect(statSync(join(cwd, "real/old")).mode & 0o777).toBe(0o640);
        expect(statSync(join(cwd, "real/old")).ino).not.toBe(before);
        expect(readlinkSync(join(cwd, "link"))).toBe("real/old");
        expect(readFileSync(join(cwd, "made"), "latin1")).toBe("BA");
        expect([...readFileSync(join(cwd, "view"))]).toEqual([1, 2]);
        expect(readFileSync(join(cwd, "none"))).toHaveLength(0);
        expect(readdirSync(join(cwd, "real"))).toEqual(["old"]);
    });

    it("that are no regular files are written in place", async () => {
        const [error] = await evaluate(`
            fs.write("/dev/null", "x");
            out(thrown(() => fs.write("/dev/full", "x")));
        `);
        expect(error).toMatchObject({ code: "ENOSPC" });
    });

    it("grow", async () => {
        const cwd = temporaryFolder();
        await evaluate(`fs.append("log", "a\\n"); fs.append("log", new Uint8Array([98]));`, {
            cwd,
        });
        expect(readFileSync(join(cwd, "log"), "utf8")).toBe("a\nb");
    });

    it("leave the old content where there is no room, and say so", async () => {
        const cwd = temporaryFolder();
        writeFileSync(join(cwd, "file"), "old");
        const [replaced, appended] = await evaluate(
            `out(thrown(() => fs.write("file", "x".repeat(100_000))));
            try { fs.append("log", "x".repeat(100_000)); } catch (e) { out([e.code, e.written]); }`,
            { cwd, setup: "ulimit -f 8" },
        );
        expect(replaced).toMatchObject({ name: "Error", code: "EFBIG" });
        expect(readFileSync(join(cwd, "file"), "utf8")).toBe("old");
        const written = statSync(join(cwd, "log")).size;
        expect(appended).toEqual(["EFBIG", written]);
        expect(written).toBeGreaterThan(0);
        expect(readdirSync(cwd).filter((name) => !name.startsWith("."))).toEqual(["file", "log"]);
    });
});

describe("open files", () => {
    it("are read by lines, and by bytes", async () => {
        const cwd = temporaryFolder();
        const long = "x".repeat(200_000);
        writeFileSync(join(cwd, "file"), `one\n\nzwö\n${long}\nlast`);
        const [lines, rest] = await evaluate(
            `const file = fs.open("file");
            out([file.readline(), file.tell(), file.readline(), file.readline(), file.tell(),
                file.readline().length, file.eof(), file.readline(), file.readline(), file.eof()]);
            file.seek(4);
            const bytes = [...file.read(3)];
            out([bytes, file.readline(), file.tell(), file.seek(-4, fs.SEEK.SEEK_END),
                [...file.read()], [...file.read(9)], file.eof()]);
            file.close();
            file.close();`,
            { cwd },
        );
        const ten = Buffer.byteLength("one\n\nzwö\n");
        expect(lines).toEqual([
            "one\n",
            4,
            "\n",
            "zwö\n",
            ten,
            long.length + 1,
            false,
            "last",
            "",
            true,
        ]);
        expect(rest).toEqual([
            [10, 122, 119],
            "ö\n",
            ten,
            ten + 200_001,
            [...Buffer.from("last")],
            [],
            true,
        ]);
    });

    it("are written at their position, and at the end where they were opened so", async () => {
        const cwd = temporaryFolder();
        writeFileSync(join(cwd, "a"), "line 1\nline 2\n");
        const [answer] = await evaluate(
            `const a = fs.open("a", "r+");
            const answer = [a.readline(), a.write("LINE"), a.tell()];
            a.flush();
            a.seek(0);
            answer.push(a.readline());
            a.close();
            const w = new fs.File();
            w.open("w", "w");
            answer.push(w.write("ab"), w.seek(1), w.write("cd"), w.seek(5_000_000_000));
            w.write("!");
            answer.push(w.tell());
            w.close();
            { using end = fs.open("a", "a+b"); end.write("more"); answer.push(end.seek(0), end.readline()); }
            out(answer.concat(fs.getsize("w")));`,
            { cwd },
        );
        expect(answer).toEqual([
            "line 1\n",
            4,
            11,
            "line 1\n",
            2,
            1,
            2,
            5e9,
            5e9 + 1,
            0,
            "line 1\n",
            5e9 + 1,
        ]);
        expect(readFileSync(join(cwd, "a"), "utf8")).toBe("line 1\nLINE 2\nmore");
        expect(statSync(join(cwd, "w")).size).toBe(5e9 + 1);
    });

    it("are closed once, and say so", async () => {
        const answer = await evaluate(`
            const file = fs.open("/proc/self/stat");
            out(thrown(() => file.open("/proc/self/stat")).code);
            file.close();
            for (const use of ["read", "readline", "eof", "tell", "flush", "write"])
                out(thrown(() => file[use]("")).code ?? thrown(() => file[use]()).code);
            out(thrown(() => new fs.File().seek(0)).code);
        `);
        expect(answer).toEqual(["EBUSY", ...Array(7).fill("ECLOSED")]);
    });

    it("that nobody closes are closed when they are collected", async () => {
        const [count] = await evaluate(`
            for (let i = 0; i < 200; i++) fs.open("/proc/self/stat");
            std.gc();
            await new Promise((resolve) => setTimeout(resolve, 1));
            out(fs.listdir("/proc/self/fd").length < 100);
        `);
        expect(count).toBe(true);
    });
});

describe("folders", () => {
    it("are made and removed", async () => {
        const cwd = temporaryFolder();
        writeFileSync(join(cwd, "file"), "");
        mkdirSync(join(cwd, "full/a/b"), { recursive: true });
        writeFileSync(join(cwd, "full/a/x"), "");
        symlinkSync("..", join(cwd, "full/a/up"));
        const codes = await evaluate(
            `fs.mkdir("x/y/z"); fs.mkdir("x/y/z/"); fs.mkdir("./x//w", { recursive: false });
            out(thrown(() => fs.mkdir("x", { existOk: false })).code);
            out(thrown(() => fs.mkdir("file")).code);
            out(thrown(() => fs.mkdir("file/a")).code);
            out(thrown(() => fs.mkdir("p/q", { recursive: false })).code);
            out(thrown(() => fs.rmdir("x")).code);
            fs.rmdir("x/w");
            fs.rmdir("full", { recursive: true });
            out(thrown(() => fs.rmdir("full")).code);
            out(thrown(() => fs.rmdir("full", { recursive: true })).code);
            out(thrown(() => fs.rmdir("file", { recursive: true })).code);
            out(thrown(() => fs.remove("x")).code);`,
            { cwd },
        );
        expect(codes).toEqual([
            "EEXIST",
            "EEXIST",
            "ENOENT",
            "ENOENT",
            "ENOTEMPTY",
            "ENOENT",
            "ENOENT",
            "ENOENT",
            "EINVAL",
        ]);
        expect(readdirSync(cwd).filter((name) => !name.startsWith("."))).toEqual(["file", "x"]);
        expect(readdirSync(join(cwd, "x"))).toEqual(["y"]);
    });

    it("are listed", async () => {
        const cwd = temporaryFolder();
        mkdirSync(join(cwd, "top/b/c"), { recursive: true });
        for (const name of ["top/z", "top/b/ü", "top/b/c/1"]) writeFileSync(join(cwd, name), "");
        symlinkSync("b", join(cwd, "top/link"));
        const [names, paths, all, walked, error] = await evaluate(
            `out(fs.listdir("top"));
            out(fs.listdir("top/", { fullPath: true }));
            out(fs.listdir("top", { recursive: true, fullPath: true }));
            out([...fs.walk("top")]);
            out(thrown(() => fs.listdir("none")).code);`,
            { cwd },
        );
        expect(names).toEqual(readdirSync(join(cwd, "top")).sort());
        expect(paths).toEqual(["top/b", "top/link", "top/z"]);
        const node = readdirSync(join(cwd, "top"), { recursive: true }) as string[];
        const own = node.filter((name) => !name.startsWith("link/")); // Node follows links
        expect(all).toEqual(own.map((name) => `top/${name}`).sort());
        expect(walked).toEqual([
            ["top", ["b"], ["link", "z"]],
            ["top/b", ["c"], ["ü"]],
            ["top/b/c", [], ["1"]],
        ]);
        expect(error).toBe("ENOENT");
    });

    it("and files are told apart", async () => {
        const cwd = temporaryFolder();
        mkdirSync(join(cwd, "d"));
        writeFileSync(join(cwd, "f"), "");
        symlinkSync("d", join(cwd, "ld"));
        symlinkSync("none", join(cwd, "ln"));
        const kinds = await evaluate(
            `for (const path of ["d", "f", "ld", "ln", "none", "f/x", "/dev/null"])
                out([fs.exists(path), fs.isdir(path), fs.isfile(path), fs.islink(path)].map(Number).join(""));`,
            { cwd },
        );
        expect(kinds).toEqual(["1100", "1010", "1101", "0001", "0000", "0000", "1000"]);
    });

    it("and files are renamed, linked, removed", async () => {
        const cwd = temporaryFolder();
        writeFileSync(join(cwd, "a"), "a");
        writeFileSync(join(cwd, "b"), "b");
        const [codes, real] = await evaluate(
            `fs.rename("a", "new/folder/a");
            fs.symlink("b", "l");
            const codes = [thrown(() => fs.symlink("b", "l")).code];
            fs.symlink("new", "l", { force: true });
            codes.push(thrown(() => fs.symlink("new", "b", { force: true })).code);
            codes.push(thrown(() => fs.rename("none", "other/x")).code, fs.exists("other"));
            codes.push(thrown(() => fs.remove("none")).code, thrown(() => fs.getsize("none")).code);
            out(codes);
            out([fs.realpath("l/folder/../folder/a"), fs.getcwd(), thrown(() => fs.realpath("x")).code]);
            fs.remove("b");
            fs.sync();`,
            { cwd },
        );
        expect(codes).toEqual(["EEXIST", "EEXIST", "ENOENT", false, "ENOENT", "ENOENT"]);
        expect(real).toEqual([
            join(realpathSync(cwd), "new/folder/a"),
            realpathSync(cwd),
            "ENOENT",
        ]);
        expect(readlinkSync(join(cwd, "l"))).toBe("new");
        expect(lstatSync(join(cwd, "l")).isSymbolicLink()).toBe(true);
        expect(existsSync(join(cwd, "b"))).toBe(false);
    });
});

describe("paths", () => {
    const paths = [
        "/",
        "a",
        "/a",
        "a/b",
        "a//b",
        "/a/b.tar.gz",
        ".profile",
        "a/.x.y",
        "..",
        "b.",
        "../x",
        "",
    ];

    it("are taken apart as Node does", async () => {
        const cwd = temporaryFolder();
        const [names, folders, absolute, extensions, isabs] = await evaluate(
            `const paths = ${JSON.stringify(paths)};
            out(paths.map(fs.basename));
            out(paths.map(fs.dirname));
            out(paths.map(fs.abspath));
            out(paths.map(fs.splitext));
            out(paths.map(fs.isabs));`,
            { cwd },
        );
        expect(names).toEqual(paths.map((path) => posix.basename(path)));
        expect(folders).toEqual(paths.map((path) => posix.dirname(path).replace("a/", "a")));
        expect(absolute).toEqual(paths.map((path) => posix.resolve(cwd, path)));
        const root = (path: string): [string, string] => {
            const extension = posix.extname(path);
            return [path.slice(0, path.length - extension.length), extension];
        };
        expect(extensions).toEqual(paths.map(root));
        expect(isabs).toEqual(paths.map((path) => posix.isAbsolute(path)));
    });

    it("are joined as Node does", async () => {
        const lists = [
            ["a", "b"],
            ["/a/", "/b", "../c"],
            ["..", "x"],
            ["", ""],
            [],
            ["a", "..", ".."],
            ["/.."],
        ];
        const [joined] = await evaluate(
            `out(${JSON.stringify(lists)}.map((parts) => fs.join(...parts)));`,
        );
        expect(joined).toEqual(lists.map((parts) => posix.join(...parts)));
    });

    it("of temporary files are where TMPDIR says", async () => {
        const code = "out(fs.tempdir());";
        expect(await evaluate(code, { env: { TMPDIR: "/var/tmp" } })).toEqual(["/var/tmp"]);
        expect(await evaluate(code, { env: { TMPDIR: "x" } })).toEqual(["/tmp"]);
    });
});

describe("bad input", () => {
    it("is a TypeError or a RangeError", async () => {
        const names = await evaluate(`
            const calls = [
                () => fs.read(), () => fs.write("x"), () => fs.write("x", 5), () => fs.write("x", null),
                () => fs.mkdir("x", true), () => fs.mkdir("x", { exist: true }), () => fs.join("a", 5),
                () => fs.listdir("/", { recursive: 1 }), () => fs.open("x", 5), () => fs.exists(null),
                () => fs.read("a\\0b"), () => fs.open("x", "rw"), () => fs.open("x", "x"),
                () => fs.open("/proc/self/stat").read(-1), () => fs.open("/proc/self/stat").seek(0, 3),
                () => fs.open("/proc/self/stat").seek(-1), () => fs.open("/proc/self/stat").read(1.5),
            ];
            out(calls.map((call) => thrown(call).name));
        `);
        expect(names).toEqual([[...Array(10).fill("TypeError"), ...Array(7).fill("RangeError")]]);
    });

    it("and files that are in the way have a code and the path", async () => {
        const cwd = temporaryFolder();
        symlinkSync("loop", join(cwd, "loop"));
        const errors = await evaluate(
            `for (const [call, path] of [["read", "none"], ["read", "/"], ["readText", "loop"],
                ["listdir", "/proc/self/stat"], ["isdir", "x".repeat(300)]])
                out([thrown(() => fs[call](path)).code, thrown(() => fs[call](path)).message]);`,
            { cwd },
        );
        expect(errors.map((error) => (error as string[])[0])).toEqual([
            "ENOENT",
            "EINVAL",
            "EINVAL",
            "ENOENT",
            "EINVAL",
        ]);
        expect((errors[0] as string[])[1]).toBe("cannot open none: No such file or directory");
    });
});

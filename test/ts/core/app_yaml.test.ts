// SPDX-License-Identifier: MIT
// app.yaml: what is accepted, and the words for what is not.

import { describe, expect, it } from "vitest";

import { parseAppYaml, pathProblem, readIdentity } from "../../../ts/core/app_yaml.ts";
import { UserError } from "../../../ts/core/errors.ts";

const good = "id: my_app\nname: My App\nversion: 1.2.3\nauthor: Me\ndesc: It does it\n";

/** The message and the hint for a bad file. */
function problems(text: string): string {
    try {
        parseAppYaml(text, "app.yaml");
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return `${error.message}\n${error.hint ?? ""}`;
    }
    return "nothing";
}

describe("app.yaml", () => {
    it("has MaixPy's fields", () => {
        const text = `${good}name[zh]: 我的应用
desc[zh-Hant]: 它
icon: assets/icon.png
exclude:
  - .vscode
  - ./compile/
extra_include:
  build/a.bin: models/a.bin
files:
`;
        const app = parseAppYaml(text, "app.yaml");
        expect(app).toMatchObject({
            id: "my_app",
            version: "1.2.3",
            icon: "assets/icon.png",
            exclude: [".vscode", "compile"],
            extraInclude: [{ from: "build/a.bin", to: "models/a.bin" }],
            files: [],
        });
        expect(app.fields["name[zh]"]).toBe("我的应用");
    });

    it("lists files as names, or as a map", () => {
        const list = parseAppYaml(`${good}files: [assets, ./a/b.txt]\n`, "app.yaml").files;
        expect(list).toEqual([
            { from: "assets", to: "assets" },
            { from: "a/b.txt", to: "a/b.txt" },
        ]);
        const map = parseAppYaml(`${good}files: { a.png: icons/b.png }\n`, "app.yaml").files;
        expect(map).toEqual([{ from: "a.png", to: "icons/b.png" }]);
    });

    it.each([
        ["a missing field", good.replace(/desc.*\n/, ""), "desc is missing"],
        ["an empty field", good.replace("Me", ""), "author is missing"],
        [
            "a number as text",
            good.replace("1.2.3", "1.2"),
            'version is no text: write version: "1.2"',
        ],
        ["YAML 1.1's yes", good.replace("My App", "yes"), "name is no text"],
        ["two parts", good.replace("1.2.3", '"1.2"'), 'version "1.2" is none'],
        ["a leading zero", good.replace("1.2.3", "1.02.3"), 'version "1.02.3" is none'],
        ["a suffix", good.replace("1.2.3", "1.2.3-beta"), 'version "1.2.3-beta" is none'],
        ["an id with a blank", good.replace("my_app", "my app"), 'id "my app" is none'],
        ["an id that is a path", good.replace("my_app", "../x"), 'id "../x" is none'],
        ["an id that is hidden", good.replace("my_app", ".x"), 'id ".x" is none'],
        ["an id like an option", good.replace("my_app", '"-x"'), 'id "-x" is none'],
        ["an id with capitals", good.replace("my_app", "myApp"), 'id "myApp" is none'],
        ["a long id", good.replace("my_app", "x".repeat(65)), "is none: up to 64"],
        ["two lines", good.replace("It does it", '"a\\nb"'), "desc has more than one line"],
        ["an unknown field", `${good}vesion: 1\n`, "unknown field vesion"],
        ["an unknown language", `${good}name[../x]: a\n`, "unknown field name[../x]"],
        ["a path that leads out", `${good}files: [../secret]\n`, '"../secret" leads out'],
        ["a hidden way out", `${good}files: [a/../../b]\n`, "leads out"],
        ["an absolute path", `${good}files: [/etc/passwd]\n`, "is absolute"],
        ["a drive", `${good}files: ["C:x"]\n`, "is absolute"],
        ["a backslash", `${good}files: ['a\\b']\n`, "has a backslash"],
        ["a target that leads out", `${good}extra_include: { a: ../b }\n`, "leads out"],
        ["a number as path", `${good}files: [1]\n`, "files: 1 is no path"],
        ["the whole folder", `${good}files: [./]\n`, "names the whole folder"],
        ["a text as list", `${good}exclude: dist\n`, "exclude is no list"],
        ["files as text", `${good}files: a.txt\n`, "files is no list"],
        ["another icon", `${good}icon: a.gif\n`, "neither a .png nor a .json"],
        ["an icon elsewhere", `${good}icon: ../a.png\n`, "leads out"],
        ["a field twice", `${good}id: other\n`, "unique"],
        ["no fields", "- id\n", "not a list of fields"],
        ["nothing", "", "not a list of fields"],
        ["no YAML", "id: [", "app.yaml:"],
    ])("says what is wrong with %s", (_, text, words) => {
        expect(problems(text)).toContain(words);
    });

    it("says everything at once", () => {
        const text = problems("id: a b\nversion: 1\n");
        expect(text).toMatch(/^app\.yaml has \d mistakes\n/);
        for (const word of ["id ", "version", "name", "author", "desc"]) {
            expect(text).toContain(word);
        }
    });

    it("does not unfold a bomb of aliases", () => {
        let text = `${good}exclude:\n  - &a0 [x, x, x, x, x, x, x, x, x]\n`;
        for (let i = 1; i < 10; i++) {
            text += `  - &a${i} [${`*a${i - 1}, `.repeat(9)}]\n`;
        }
        expect(problems(text)).toContain("alias");
    });
});

describe("another maker's app.yaml", () => {
    it("needs an id and a version, and may have fields that we do not know", () => {
        const text = "id: settings\nversion: 1.0.9\nauthor: Sipeed\nspecial: [1]\n";
        expect(readIdentity(text, "x")).toMatchObject({
            id: "settings",
            version: "1.0.9",
            name: "settings",
        });
        expect(() => readIdentity("id: ../x\nversion: 1.0.0\n", "x")).toThrow("no app's id");
        expect(() => readIdentity("id: x\nversion: new\n", "x")).toThrow("no version");
    });
});

describe("a path", () => {
    it.each(["a", "a/b.c", "ü/文", "..a", "a..b"])("may be %s", (path) => {
        expect(pathProblem(path)).toBeNull();
    });

    it.each(["", "/", "..", "a/..", "a\nb", `a/${"x".repeat(256)}`])("may not be %j", (path) => {
        expect(pathProblem(path)).not.toBeNull();
    });
});

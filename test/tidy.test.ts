// SPDX-License-Identifier: MIT
// The house rules, checked on every file; and each rule on a file that breaks it.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { isExecutable, projectFiles, projectPaths, root } from "./support/files.ts";
import * as tidy from "./support/tidy.ts";

const files = projectFiles();
const head = "// SPDX-License-Identifier: MIT\n// What this file is for.\n";

/** What a rule says of one made-up file. */
function on(rule: tidy.Rule, path: string, text: string): string[] {
    return rule([{ path, text }]);
}

describe("every file", () => {
    it("is seen", () => {
        const paths = files.map(({ path }) => path);
        expect(paths).toEqual(
            expect.arrayContaining([
                "build.zig",
                ".ci/run",
                "test/tidy.test.ts",
                "runtime/result.h",
            ]),
        );
        expect(paths.filter((path) => path.includes("node_modules"))).toEqual([]);
    });

    it("begins with its licence and its purpose", () => {
        expect(tidy.heads(files)).toEqual([]);
        expect(on(tidy.heads, "runtime/a.c", "int x;\n")).toHaveLength(1);
        expect(on(tidy.heads, "runtime/a.c", "// SPDX-License-Identifier: MIT\n\n")).toHaveLength(
            1,
        );
        expect(on(tidy.heads, "runtime/a.c", head)).toEqual([]);
    });

    it("is short, and so are its functions", () => {
        expect(tidy.fileLength(files)).toEqual([]);
        expect(tidy.functionLength(files)).toEqual([]);
        expect(on(tidy.fileLength, "a.c", "\n".repeat(601))).toHaveLength(1);
        const body = (lines: number): string => `int f(void) {\n${"    ;\n".repeat(lines - 2)}}\n`;
        expect(on(tidy.functionLength, "a.c", body(70))).toEqual([]);
        expect(on(tidy.functionLength, "a.c", body(71))).toHaveLength(1);
        expect(
            on(tidy.functionLength, "a.c", `struct s {\n${"    int x;\n".repeat(80)}};\n`),
        ).toEqual([]);
    });

    it("holds no open ends, no paths outside, no host names of registries", () => {
        expect(tidy.forbiddenWords(files)).toEqual([]);
        const open = ["TO", "DO"].join("");
        expect(on(tidy.forbiddenWords, "a.ts", `// ${open}: later`)).toHaveLength(1);
        expect(on(tidy.forbiddenWords, "a.md", ["..", "shared"].join("/"))).toHaveLength(1);
        expect(on(tidy.forbiddenWords, "a.md", ["registry.np", "mjs.org"].join(""))).toHaveLength(
            1,
        );
    });
});

describe("dependencies", () => {
    it("of C point one way", () => {
        expect(tidy.includeDirections(files)).toEqual([]);
        const wrong: [string, string][] = [
            ["runtime/loop.c", '#include "../modules/registry.h"'],
            ["modules/app/app_js.c", '#include "../audio/format.h"'],
            ["modules/audio/ring.c", '#include "quickjs.h"'],
            ["modules/audio/ring.c", '#include "audio_js.h"'],
            ["modules/registry.c", '#include "audio/format.h"'],
            ["modules/audio/format.h", '#include "ring.h"'],
            ["runtime/result.c", '#include "loop.h"'],
        ];
        for (const [path, text] of wrong) {
            expect(on(tidy.includeDirections, path, text), path).not.toEqual([]);
        }
        expect(
            on(tidy.includeDirections, "runtime/main.c", '#include "../modules/registry.h"'),
        ).toEqual([]);
        expect(
            on(tidy.includeDirections, "modules/audio/audio_js.c", '#include "quickjs.h"'),
        ).toEqual([]);
    });

    it("of the C core never reach the engine through another header", () => {
        const reaching = [
            { path: "modules/audio/ring.c", text: '#include "../../runtime/js_util.h"' },
            { path: "runtime/js_util.h", text: '#include "quickjs.h"' },
        ];
        expect(tidy.includeDirections(reaching)).toHaveLength(1);
    });

    it("of TypeScript and of the build point one way", () => {
        expect(tidy.importDirections(files)).toEqual([]);
        expect(
            on(
                tidy.importDirections,
                "ts/cli/a.ts",
                'import { x } from "../../toolchain/lib.mjs";',
            ),
        ).toHaveLength(1);
        expect(on(tidy.importDirections, "build.zig", '@import("runtime/hash.zig")')).toHaveLength(
            1,
        );
    });
});

describe("C", () => {
    it("shows only symbols that begin with mjs_", () => {
        expect(tidy.symbols(files)).toEqual([]);
        expect(on(tidy.symbols, "runtime/a.c", "int ring_read(void) {\n}\n")).toHaveLength(1);
        expect(on(tidy.symbols, "runtime/a.c", "const int table[3] = {\n")).toHaveLength(1);
        expect(on(tidy.symbols, "runtime/a.c", "int counter;\n")).toHaveLength(1);
        expect(on(tidy.symbols, "runtime/a.c", "static int ring_read(void) {\n")).toEqual([]);
        expect(on(tidy.symbols, "runtime/a.c", "void mjs_a_go(int x) {\n")).toEqual([]);
        const attribute = "__attribute__((format(printf, 1, 2)))";
        expect(on(tidy.symbols, "runtime/a.c", `${attribute} static int\nsay(int x) {\n`)).toEqual(
            [],
        );
        expect(on(tidy.symbols, "runtime/a.c", `${attribute} int say(int x) {\n`)).toHaveLength(1);
        expect(on(tidy.symbols, "runtime/a.zig", "export fn sha() void {}\n")).toHaveLength(1);
    });

    it("is listed in the build, file by file", () => {
        expect(tidy.listedSources(files)).toEqual([]);
        expect(on(tidy.listedSources, "runtime/a.c", head)).toHaveLength(1);
        expect(on(tidy.listedSources, "toolchain/build/sources.zig", '"runtime/a.c"')).toHaveLength(
            1,
        );
    });
});

describe("the build", () => {
    it("stays short", () => {
        const lines = readFileSync(join(root, "build.zig"), "utf8").split("\n").length - 1;
        expect(lines).toBeLessThanOrEqual(150);
    });

    it("reaches for one address only", () => {
        expect(tidy.addresses(files)).toEqual([]);
        expect(
            on(tidy.addresses, "toolchain/a.mjs", ["https:", "//example.com/"].join("")),
        ).toHaveLength(1);
    });

    it("holds no copy of the engine", () => {
        expect(tidy.vendored(projectPaths())).toEqual([]);
        expect(tidy.vendored(["third_party/quickjs.c", "runtime/loop.c"])).toEqual([
            "third_party/quickjs.c",
        ]);
    });

    it("has one version, and pinned packages", () => {
        const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
        const zon = readFileSync(join(root, "build.zig.zon"), "utf8");
        expect(/\.version = "([^"]+)"/.exec(zon)?.[1]).toBe(manifest.version);
        const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
        for (const [name, version] of Object.entries(wanted)) {
            expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
        }
    });

    it("locks packages by content, not by host", () => {
        const lock = readFileSync(join(root, "package-lock.json"), "utf8");
        expect(lock).not.toContain('"resolved"');
        interface Locked {
            readonly integrity?: string;
            readonly optional?: boolean;
            readonly os?: readonly string[];
            readonly cpu?: readonly string[];
            readonly libc?: readonly string[];
        }
        const { packages } = JSON.parse(lock) as { packages: Record<string, Locked> };
        for (const [path, one] of Object.entries(packages)) {
            if (path === "") continue;
            // A registry that lacks other platforms' packages gives no hash for them; npm ci still
            // wants an entry.
            const ours = one.os?.includes("linux") && one.cpu?.includes("x64") && !one.libc;
            if (one.optional && !ours && !one.integrity) continue;
            expect(one.integrity, path).toMatch(/^sha512-/);
        }
    });

    it("keeps its commands executable", () => {
        expect(isExecutable("ts/cli/maixjs.js")).toBe(true);
        expect(isExecutable(".ci/run")).toBe(true);
    });
});

// SPDX-License-Identifier: MIT
// The house rules that a machine can check: each takes files and returns what is wrong with them.

import { basename, dirname, join, normalize } from "node:path";

import type { ProjectFile } from "./files.ts";

export const FILE_LINES_MAX = 600;
export const FUNCTION_LINES_MAX = 70;

export type Rule = (files: readonly ProjectFile[]) => string[];

const isC = (path: string): boolean => /\.[ch]$/.test(path);
const isJsBinding = (path: string): boolean => /_js\.[ch]$/.test(path);
const parts = (...words: string[]): string => words.join("");

/** Applies a check to each file whose path fits. */
function each(fits: RegExp, check: (file: ProjectFile) => string[]): Rule {
    return (files) =>
        files
            .filter((file) => fits.test(file.path))
            .flatMap((file) => check(file).map((problem) => `${file.path}: ${problem}`));
}

/** A licence line, then at least one line that says what the file is for. */
export const heads = each(/(\.(c|h|zig|ts|js|mjs)|\.ci\/run)$/, ({ text }) => {
    const lines = text.split("\n");
    if (lines[0]?.startsWith("#!")) lines.shift();
    if (!/^(\/\/|#) SPDX-License-Identifier: MIT$/.test(lines[0] ?? "")) return ["no SPDX line"];
    return /^(\/\/!?|#) \S.{9,}/.test(lines[1] ?? "") ? [] : ["no line of purpose below SPDX"];
});

export const fileLength = each(/\.(c|h|zig|ts|js|mjs)$/, ({ text }) => {
    const lines = text.split("\n").length - 1;
    return lines > FILE_LINES_MAX ? [`${lines} lines, more than ${FILE_LINES_MAX}`] : [];
});

/** Relies on clang-format: a function's body ends with `}` alone in column 0. */
export const functionLength = each(/\.[ch]$/, ({ text }) => {
    const problems: string[] = [];
    let start = -1;
    text.split("\n").forEach((line, index) => {
        if (start < 0 && line.endsWith("{")) start = index;
        else if (start >= 0 && line.startsWith("}")) {
            const lines = index - start + 1;
            if (line === "}" && lines > FUNCTION_LINES_MAX) {
                problems.push(`line ${start + 1}: a function of ${lines} lines`);
            }
            start = -1;
        }
    });
    return problems;
});

function includesOf(file: ProjectFile): string[] {
    return [...file.text.matchAll(/^#include "([^"]+)"/gm)].map(([, name = ""]) =>
        name === "quickjs.h" || name === "quickjs-libc.h"
            ? name
            : normalize(join(dirname(file.path), name)),
    );
}

/** Everything that a file includes, directly or not. */
function closure(path: string, byPath: Map<string, ProjectFile>, seen = new Set<string>()) {
    const file = byPath.get(path);
    for (const include of file ? includesOf(file) : []) {
        if (seen.has(include)) continue;
        seen.add(include);
        closure(include, byPath, seen);
    }
    return seen;
}

/** main -> registry -> *_js.c -> core C files -> format -> result. */
export const includeDirections: Rule = (files) => {
    const cFiles = files.filter(({ path }) => isC(path) && /^(runtime|modules)\//.test(path));
    const byPath = new Map(cFiles.map((file) => [file.path, file]));
    return cFiles.flatMap((file) => {
        const problems = includesOf(file).flatMap((include) => wrongInclude(file.path, include));
        const core = file.path.startsWith("modules/audio/") && !isJsBinding(file.path);
        if (core && [...closure(file.path, byPath)].some((name) => name.startsWith("quickjs"))) {
            problems.push("the C core reaches quickjs.h");
        }
        return problems.map((problem) => `${file.path}: ${problem}`);
    });
};

function wrongInclude(path: string, include: string): string[] {
    const problems: string[] = [];
    const own = path.split("/");
    const other = include.split("/");
    if (own[0] === "runtime" && other[0] === "modules" && path !== "runtime/main.c") {
        problems.push(`runtime/ includes ${include}`);
    }
    const sameModule = own[1] === other[1];
    if (own[0] === "modules" && other[0] === "modules" && own.length === 3 && !sameModule) {
        problems.push(`a module includes ${include}`);
    }
    if (path.startsWith("modules/registry.") && other.length === 3 && !isJsBinding(include)) {
        problems.push(`the registry includes ${include}, which is no binding`);
    }
    if (own.length === 3 && !isJsBinding(path)) {
        if (isJsBinding(include)) problems.push(`core C includes the binding ${include}`);
        if (include.startsWith("quickjs")) problems.push("only *_js.c may include quickjs.h");
    }
    if (/^runtime\/result\./.test(path) && !/^runtime\/result\.h$/.test(include)) {
        problems.push(`result includes ${include}`);
    }
    if (path === "modules/audio/format.h" && include !== "runtime/result.h") {
        problems.push(`format includes ${include}`);
    }
    return problems;
}

/** ts/ knows nothing of toolchain/ and test/; build.zig only toolchain/build. */
export const importDirections: Rule = (files) =>
    files.flatMap(({ path, text }) => {
        const problems: string[] = [];
        if (/^ts\/.*\.(ts|js)$/.test(path)) {
            for (const [, name = ""] of text.matchAll(/from "(\.[^"]+)"/g)) {
                const target = normalize(join(dirname(path), name));
                if (!/^(ts|modules)\//.test(target)) problems.push(`imports ${target}`);
            }
        }
        if (/\.zig$/.test(path)) {
            for (const [, name = ""] of text.matchAll(/@import\("([^"]+\.zig)"\)/g)) {
                const target = normalize(join(dirname(path), name));
                if (!target.startsWith("toolchain/build/")) problems.push(`imports ${target}`);
            }
        }
        return problems.map((problem) => `${path}: ${problem}`);
    });

/** Names that must stand nowhere: put together here, so that this file passes. */
export const forbiddenWords: Rule = (files) => {
    const words: [RegExp, string][] = [
        [new RegExp(parts("\\.\\.\\/", "shared")), "a path outside of the project"],
        [new RegExp(parts("\\b(TO", "DO|FIX", "ME|X", "XX)\\b")), "an open end"],
        [
            new RegExp(
                parts(
                    "np",
                    "mjs\\.|debian\\.",
                    "org|ubuntu\\.",
                    "com|node",
                    "source|yarn",
                    "pkg|pkg\\.",
                    "dev",
                ),
            ),
            "a host name of a registry or mirror",
        ],
    ];
    return files.flatMap(({ path, text }) =>
        words.filter(([pattern]) => pattern.test(text)).map(([, what]) => `${path}: holds ${what}`),
    );
};

/** The build reaches for one address, and that stands in one place. */
export const addresses = each(
    /^(build\.zig(\.zon)?|\.npmrc|package\.json|\.ci\/.*|toolchain\/.*)$/,
    (file) =>
        [...file.text.matchAll(/https?:\/\/[\w.-]+/g)]
            .map(([url]) => url)
            .filter((url) => !(file.path === "build.zig.zon" && url === "https://github.com"))
            .map((url) => `holds the address ${url}`),
);

/** Functions and variables that other files could see. */
export const symbols: Rule = (files) =>
    files
        .filter(({ path }) => /^(runtime|modules)\/.*\.(c|zig)$/.test(path))
        .flatMap(({ path, text }) =>
            globalNames(path, text)
                .filter((name) => !name.startsWith("mjs_") && name !== "main")
                .map((name) => `${path}: the symbol ${name} does not begin with mjs_`),
        );

function globalNames(path: string, text: string): string[] {
    if (path.endsWith(".zig")) {
        return [...text.matchAll(/^(?:pub )?export (?:fn|var|const) (\w+)/gm)].map(
            ([, name = ""]) => name,
        );
    }
    const joined = text
        .replace(/__attribute__\(\((?:[^()]|\([^()]*\))*\)\)\s*/g, "")
        .replace(/^(static [\w *]+)\n/gm, "$1 ");
    return joined.split("\n").flatMap((line) => {
        if (!/^[A-Za-z_]/.test(line)) return [];
        if (/^(static|typedef|extern|_Static_assert|static_assert)\b/.test(line)) return [];
        if (/^(struct|enum|union) \w+( \{|;)/.test(line) || /^(struct|enum|union) \{/.test(line))
            return [];
        if (/^\w+:/.test(line)) return [];
        const name = /(\w+)(?:\[[^\]]*\])*\s*(?:\(|=|;)/.exec(line)?.[1];
        return name ? [name] : [];
    });
}

/** No copy of QuickJS: it is fetched, and verified by its hash. */
export const vendored = (paths: readonly string[]): string[] =>
    paths.filter((path) =>
        /^(quickjs.*\.[ch]|lib(regexp|unicode)\.[ch]|libunicode-table\.h|dtoa\.[ch]|.*\.tar\.\w+)$/.test(
            basename(path),
        ),
    );

/** Lists in toolchain/build/sources.zig against the files that are there. */
export const listedSources: Rule = (files) => {
    const lists = files.find(({ path }) => path === "toolchain/build/sources.zig")?.text ?? "";
    const listed = [...lists.matchAll(/"((?:runtime|modules|test|ts)\/[^"]+)"/g)].map(
        ([, path = ""]) => path,
    );
    const there = files
        .map(({ path }) => path)
        .filter((path) =>
            /^((runtime|modules)\/.*\.(c|zig)|test\/.*_test\.c|ts\/runtime\/(?!.*\.d\.ts).*\.ts)$/.test(
                path,
            ),
        );
    return [
        ...there.filter((path) => !listed.includes(path)).map((path) => `${path}: not listed`),
        ...listed
            .filter((path) => !there.includes(path))
            .map((path) => `${path}: listed, not there`),
        ...listed
            .filter((path, index) => !path.startsWith("ts/") && listed.indexOf(path) !== index)
            .map((path) => `${path}: listed twice`),
    ];
};

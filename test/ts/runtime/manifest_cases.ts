// SPDX-License-Identifier: MIT
// The cases of manifest.test.ts: projects, and a change to each that alters what esbuild gives.

export type Files = Readonly<Record<string, string>>;

/** Each: files, then a change that alters what esbuild gives. */
export const cases: readonly (readonly [string, Files, Files])[] = [
    ["the entry changes", { "src/main.ts": "console.log(1)" }, { "src/main.ts": "console.log(2)" }],
    [
        "an import changes",
        { "src/main.ts": 'import a from "./a"; console.log(a)', "src/a.ts": "export default 1" },
        { "src/a.ts": "export default 2" },
    ],
    [
        "a .tsx appears before a .ts",
        { "src/main.ts": 'import a from "./a"; console.log(a)', "src/a.ts": "export default 1" },
        { "src/a.tsx": "export default 2" },
    ],
    [
        "a file without an extension appears",
        { "src/main.ts": 'import "./a.js"', "src/a.js.ts": "console.log(1)" },
        { "src/a.js": "console.log(2)" },
    ],
    [
        "a .js appears where a .ts was taken for it",
        { "src/main.ts": 'import a from "./a.js"; console.log(a)', "src/a.ts": "export default 1" },
        { "src/a.js": "export default 2" },
    ],
    [
        "a file appears before a folder's index",
        {
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a/index.ts": "export default 1",
        },
        { "src/a.json": "{}" },
    ],
    [
        "another index appears in a folder",
        {
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a/index.ts": "export default 1",
        },
        { "src/a/index.tsx": "export default 2" },
    ],
    [
        "a package.json appears in an imported folder",
        {
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a/index.ts": "export default 1",
            "src/a/b.ts": "export default 2",
        },
        { "src/a/package.json": '{ "main": "b" }' },
    ],
    [
        "a folder's package.json changes",
        {
            "src/main.ts": 'import a from "./a"; console.log(a)',
            "src/a/package.json": '{ "main": "b" }',
            "src/a/b.ts": "export default 1",
            "src/a/c.ts": "export default 2",
        },
        { "src/a/package.json": '{ "main": "c" }' },
    ],
    [
        "the parent folder is imported",
        { "src/main.ts": 'import a from ".."; console.log(a)', "index.ts": "export default 1" },
        { "index.tsx": "export default 2" },
    ],
    [
        "a JSON file changes",
        { "src/main.ts": 'import a from "./a.json"; console.log(a)', "src/a.json": '{"x":1}' },
        { "src/a.json": '{"x":2}' },
    ],
    [
        "a package's file changes",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/package.json": '{ "main": "m.js" }',
            "node_modules/dep/m.js": "module.exports = 1",
        },
        { "node_modules/dep/m.js": "module.exports = 2" },
    ],
    [
        "a package's main changes",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/package.json": '{ "main": "m.js" }',
            "node_modules/dep/m.js": "module.exports = 1",
            "node_modules/dep/n.js": "module.exports = 2",
        },
        { "node_modules/dep/package.json": '{ "main": "n.js" }' },
    ],
    [
        "a package's module file appears",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/package.json": '{ "module": "esm", "main": "m.js" }',
            "node_modules/dep/m.js": "module.exports = 1",
        },
        { "node_modules/dep/esm.js": "export default 2" },
    ],
    [
        "a nearer package appears",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/index.js": "module.exports = 1",
        },
        { "src/node_modules/dep/index.js": "module.exports = 2" },
    ],
    [
        "a package appears in a nearer node_modules that was there",
        {
            "src/main.ts": 'import a from "@s/dep/x"; console.log(a)',
            "node_modules/@s/dep/x.js": "module.exports = 1",
            "src/node_modules/other/index.js": "",
        },
        { "src/node_modules/@s/dep/x.js": "module.exports = 2" },
    ],
    [
        "a file appears in a nearer package that lacked it",
        {
            "src/main.ts": 'import a from "dep/x"; console.log(a)',
            "node_modules/dep/x.js": "module.exports = 1",
            "src/node_modules/dep/y.js": "",
        },
        { "src/node_modules/dep/x.js": "module.exports = 2" },
    ],
    [
        "a single file appears in a nearer node_modules",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/index.js": "module.exports = 1",
            "src/node_modules/other/index.js": "",
        },
        { "src/node_modules/dep.js": "module.exports = 2" },
    ],
    [
        "a package gets exports",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/index.js": "module.exports = 1",
            "node_modules/dep/x.js": "module.exports = 2",
        },
        { "node_modules/dep/package.json": '{ "exports": "./x.js" }' },
    ],
    [
        "exports name a file that only now appears",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/package.json": '{ "exports": "./x.js" }',
            "node_modules/dep/x.ts": "export default 1",
        },
        { "node_modules/dep/x.js": "export default 2" },
    ],
    [
        "a package's own dependency gets nearer",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "node_modules/dep/index.js": 'module.exports = require("sub")',
            "node_modules/sub/index.js": "module.exports = 1",
        },
        { "node_modules/dep/node_modules/sub/index.js": "module.exports = 2" },
    ],
    [
        "sideEffects of a package change",
        {
            "src/main.ts": 'import "dep"',
            "node_modules/dep/package.json": '{ "sideEffects": true }',
            "node_modules/dep/index.js": "console.log(1)",
        },
        { "node_modules/dep/package.json": '{ "sideEffects": false }' },
    ],
    [
        "sideEffects of an unused package change",
        {
            "src/main.ts": 'import "dep"',
            "node_modules/dep/package.json": '{ "sideEffects": false }',
            "node_modules/dep/index.js": "console.log(1)",
        },
        { "node_modules/dep/package.json": "{}" },
    ],
    [
        "a package.json with a type appears above",
        { "src/main.ts": "console.log(1)" },
        { "package.json": '{ "type": "commonjs" }' },
    ],
    [
        "imports of package.json change",
        {
            "package.json": '{ "imports": { "#a": "./a.js" } }',
            "src/main.ts": 'import a from "#a"; console.log(a)',
            "a.js": "export default 1",
            "b.js": "export default 2",
        },
        { "package.json": '{ "imports": { "#a": "./b.js" } }' },
    ],
    [
        "a tsconfig.json appears",
        { "src/main.ts": "class A { x; } console.log(new A())" },
        { "tsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": false } }' },
    ],
    [
        "a nearer tsconfig.json appears",
        { "src/main.ts": "class A { x; } console.log(new A())", "tsconfig.json": "{}" },
        { "src/tsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": false } }' },
    ],
    [
        "a jsconfig.json appears",
        {
            "src/main.js": "console.log(<a/>)",
            "src/main.ts": 'import "./x.jsx"',
            "src/x.jsx": "console.log(<a/>)",
        },
        { "jsconfig.json": '{ "compilerOptions": { "jsxFactory": "h" } }' },
    ],
    [
        "a tsconfig.json appears beside a jsconfig.json",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "jsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": true } }',
        },
        { "tsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": false } }' },
    ],
    [
        "an extended tsconfig changes, with comments and commas",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "tsconfig.json": '{ // a comment\n "extends": "./conf/base", }',
            "conf/base.json": '{ /* c */ "extends": ["../deep.json"] }',
            "deep.json": "{}",
        },
        { "deep.json": '{ "compilerOptions": { "useDefineForClassFields": false } }' },
    ],
    [
        "an extended tsconfig of a package changes",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "tsconfig.json": '{ "extends": "@t/strict/conf.json" }',
            "node_modules/@t/strict/conf.json": "{}",
        },
        {
            "node_modules/@t/strict/conf.json":
                '{ "compilerOptions": { "useDefineForClassFields": false } }',
        },
    ],
    [
        "the tsconfig of a package that is extended by name changes",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "tsconfig.json": '{ "extends": "conf" }',
            "node_modules/conf/package.json": '{ "tsconfig": "sub/c.json" }',
            "node_modules/conf/sub/c.json": "{}",
        },
        {
            "node_modules/conf/sub/c.json":
                '{ "compilerOptions": { "useDefineForClassFields": false } }',
        },
    ],
    [
        "the tsconfig behind a package's exports changes",
        {
            "src/main.ts": "class A { x; } console.log(new A())",
            "tsconfig.json": '{ "extends": "conf/strict" }',
            "node_modules/conf/package.json": '{ "exports": { "./strict": "./sub/c.json" } }',
            "node_modules/conf/sub/c.json": "{}",
        },
        {
            "node_modules/conf/sub/c.json":
                '{ "compilerOptions": { "useDefineForClassFields": false } }',
        },
    ],
    [
        "a nearer package with an extended tsconfig appears",
        {
            "p/src/main.ts": "class A { x; } console.log(new A())",
            "src/main.ts": 'import "../p/src/main.ts"',
            "p/tsconfig.json": '{ "extends": "conf/c.json" }',
            "node_modules/conf/c.json": "{}",
        },
        {
            "p/node_modules/conf/c.json":
                '{ "compilerOptions": { "useDefineForClassFields": false } }',
        },
    ],
    [
        "paths change",
        {
            "src/main.ts": 'import a from "@/a"; console.log(a)',
            "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./one/*"] } } }',
            "one/a.ts": "export default 1",
            "two/a.ts": "export default 2",
        },
        { "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./two/*"] } } }' },
    ],
    [
        "a file appears at an earlier target of paths",
        {
            "src/main.ts": 'import a from "@/a"; console.log(a)',
            "tsconfig.json":
                '{ "compilerOptions": { "paths": { "@/*": ["./one/*", "./two/*"] } } }',
            "two/a.ts": "export default 2",
        },
        { "one/a.ts": "export default 1" },
    ],
    [
        "a file appears below the baseUrl of a base config for paths of another",
        {
            "src/main.ts": 'import a from "@/a"; console.log(a)',
            "tsconfig.json":
                '{ "extends": "./c/base.json", "compilerOptions": { "paths": { "@/*": ["one/*", "../two/*"] } } }',
            "c/base.json": '{ "compilerOptions": { "baseUrl": "." } }',
            "two/a.ts": "export default 2",
        },
        { "c/one/a.ts": "export default 1" },
    ],
    [
        "paths of a base config start at the folder of the nearest one",
        {
            "src/main.ts": 'import a from "@/a"; console.log(a)',
            "src/tsconfig.json": '{ "extends": "../c/base" }',
            "c/base.json": JSON.stringify({
                // biome-ignore lint/suspicious/noTemplateCurlyInString: tsconfig's own placeholder.
                compilerOptions: { paths: { "@/*": ["${configDir}/one/*", "../two/*"] } },
            }),
            "two/a.ts": "export default 2",
        },
        { "src/one/a.ts": "export default 1" },
    ],
    [
        "a file appears below baseUrl before a package",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "tsconfig.json": '{ "compilerOptions": { "baseUrl": "./lib" } }',
            "node_modules/dep/index.js": "module.exports = 1",
        },
        { "lib/dep.ts": "export default 2" },
    ],
    [
        "an exact rule of paths for a package",
        {
            "src/main.ts": 'import a from "dep"; console.log(a)',
            "tsconfig.json": '{ "compilerOptions": { "paths": { "dep": ["./mock"] } } }',
            "node_modules/dep/index.js": "module.exports = 1",
        },
        { "mock/index.ts": "export default 2" },
    ],
    [
        "an import that a try block may miss appears",
        { "src/main.ts": 'try { console.log(require("./late")) } catch {}' },
        { "src/late.js": "module.exports = 1" },
    ],
    [
        "a package that a try block may miss appears",
        { "src/main.ts": 'try { console.log(require("late")) } catch {}' },
        { "node_modules/late/index.js": "module.exports = 1" },
    ],
    [
        "a dynamic import changes",
        { "src/main.ts": 'console.log(await import("./a"))', "src/a.ts": "export default 1" },
        { "src/a.ts": "export default 2" },
    ],
    [
        "files with odd names change",
        {
            "src/main.ts": 'import a from "./o d#d/a?b (1)%20"; console.log(a)',
            "src/o d#d/a?b (1)%20.ts": "export default 1",
        },
        { "src/o d#d/a?b (1)%20.ts": "export default 2" },
    ],
    [
        "a file imported with a query changes",
        {
            "src/main.ts": 'import a from "./a.ts?raw"; console.log(a)',
            "src/a.ts": "export default 1",
        },
        { "src/a.ts": "export default 2" },
    ],
];

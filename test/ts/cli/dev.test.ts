// SPDX-License-Identifier: MIT
// `maixjs dev` on this PC, with real changes of files. With a board: dev_board.test.ts.

import {
    appendFileSync,
    closeSync,
    mkdirSync,
    openSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
    writeSync,
} from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { cli, makeFolder } from "../../support/cli.ts";
import { Live } from "../../support/live.ts";
import { projectRoot, writeFiles } from "../../support/process.ts";
import { readAlike } from "../../support/readers.ts";

/** Says what it is, and waits until it is stopped. */
const script = (name: string): string =>
    `import { app, time } from "maix"; {
        console.log("begin ${name}");
        while (!app.needExit()) time.sleepMs(10);
        console.log("end ${name}");
    }\n`;

let folder = "";
const started: Live[] = [];
afterEach(async () => {
    for (const live of started.splice(0)) {
        live.kill("SIGKILL");
        await live.ended;
    }
});

function dev(files: Readonly<Record<string, string>>, ...args: string[]): Live {
    folder = makeFolder(files);
    const live = new Live(["dev", ...(args.length > 0 ? args : ["main.ts"])], { cwd: folder });
    started.push(live);
    return live;
}

async function endsCleanly(live: Live): Promise<void> {
    live.kill();
    expect(await live.ended).toEqual({ status: 0, signal: null });
}

describe("dev starts anew when", () => {
    it("the script changes, and ends the old run first", async () => {
        const live = dev({ "main.ts": script("1") });
        await live.sees("begin 1\n");
        for (let i = 2; i <= 4; i++) {
            writeFiles(folder, { "main.ts": script(`${i}`) });
            await live.sees(`begin ${i}\n`);
        }
        await endsCleanly(live);
        const runs = [1, 2, 3, 4].map((i) => `begin ${i}\nend ${i}\n`);
        expect(live.stdout).toBe(runs.join(""));
        expect(live.stderr.match(/main\.ts changed: starting anew/g)).toHaveLength(3);
    });

    it("an editor saves by renaming, or by removing and writing", async () => {
        const live = dev({ "main.ts": script("1") });
        await live.sees("begin 1\n");
        writeFiles(folder, { "main.ts~": script("2") });
        renameSync(join(folder, "main.ts"), join(folder, "backup"));
        renameSync(join(folder, "main.ts~"), join(folder, "main.ts"));
        await live.sees("begin 2\n");
        rmSync(join(folder, "main.ts"));
        await live.says("not built");
        writeFiles(folder, { "main.ts": script("3") });
        await live.sees("begin 3\n");
        await endsCleanly(live);
    });

    it("what it imports changes: a file, JSON, a package, one behind a link", async () => {
        const live = dev({
            "main.ts": `import { a } from "./lib/a"; import data from "./data.json";
                import dep from "dep"; import linked from "linked";
                console.log(a, data.n, dep, linked, "!");`,
            "lib/a.ts": "export const a = 1;",
            "data.json": '{"n":1}',
            "node_modules/dep/package.json": '{"main":"x.js"}',
            "node_modules/dep/x.js": "module.exports = 1;",
            "node_modules/dep/y.js": "module.exports = 2;",
            "node_modules/linked/index.js": "module.exports = 1;",
        });
        await live.sees("1 1 1 1 !\n");
        writeFiles(folder, { "lib/a.ts": "export const a = 2;" });
        await live.sees("2 1 1 1 !\n");
        writeFiles(folder, { "data.json": '{"n":2}' });
        await live.sees("2 2 1 1 !\n");
        writeFiles(folder, { "node_modules/dep/package.json": '{"main":"y.js"}' });
        await live.sees("2 2 2 1 !\n");
        writeFiles(folder, { "real/index.js": "module.exports = 2;" });
        rmSync(join(folder, "node_modules/linked"), { recursive: true });
        symlinkSync("../real", join(folder, "node_modules/linked"));
        await live.sees("2 2 2 2 !\n");
        writeFiles(folder, { "real/index.js": "module.exports = 3;" });
        await live.sees("2 2 2 3 !\n");
        await endsCleanly(live);
    });

    it("tsconfig.json changes, appears, or what it extends does", async () => {
        const live = dev({
            "main.ts": 'import { a } from "@/a"; console.log(a, "!");',
            "tsconfig.json": '{"extends":"./base.json"}',
            "base.json": '{"compilerOptions":{"paths":{"@/*":["./one/*"]}}}',
            "one/a.ts": "export const a = 1;",
            "two/a.ts": "export const a = 2;",
        });
        await live.sees("1 !\n");
        writeFiles(folder, {
            "base.json": '{"compilerOptions":{"paths":{"@/*":["./two/*"]}}}',
        });
        await live.sees("2 !\n");
        writeFiles(folder, {
            "tsconfig.json": '{"compilerOptions":{"paths":{"@/*":["./one/*"]}}}',
        });
        await live.sees("1 !\n");
        await endsCleanly(live);
    });

    it("a file appears that would have been taken before, also in a folder that was not there", async () => {
        const live = dev({
            "main.ts": 'import a from "./a"; import b from "b"; console.log(a, b, "!");',
            "a.js": "export default 1;",
            "node_modules/b/index.js": "module.exports = 1;",
        });
        await live.sees("1 1 !\n");
        writeFiles(folder, { "a.ts": "export default 2;" });
        await live.sees("2 1 !\n");
        rmSync(join(folder, "a.ts"));
        await live.sees("1 1 !\n");
        await endsCleanly(live);
    });

    it("but not when other files change, or nothing of the code does", async () => {
        const live = dev({ "main.ts": script("1"), "package.json": "{}" });
        await live.sees("begin 1\n");
        writeFiles(folder, { "other.ts": "1", "main.wav": "x" });
        writeFiles(folder, { "main.ts": script("1") });
        writeFiles(folder, { "package.json": '{"name":"x"}' });
        await live.says("built, and nothing is different");
        writeFiles(folder, { "main.ts": script("2") });
        await live.sees("begin 2\n");
        await endsCleanly(live);
        expect(live.stdout).toBe("begin 1\nend 1\nbegin 2\nend 2\n");
    });
});

describe("what is not finished", () => {
    it("is not run: a save that is only half written", async () => {
        const live = dev({ "main.ts": script("1") });
        await live.sees("begin 1\n");
        const whole = script("2");
        const file = openSync(join(folder, "main.ts"), "w");
        // Nothing of it is a program before the last byte but one is there.
        for (let at = 0; at < whole.length; at += 8) {
            writeSync(file, whole.slice(at, at + 8));
            await new Promise((resolve) => setImmediate(resolve));
        }
        closeSync(file);
        await live.sees("begin 2\n");
        await endsCleanly(live);
        expect(live.stdout).toBe("begin 1\nend 1\nbegin 2\nend 2\n");
    });

    it("is shown where it stays wrong, while what was good runs on, until it is mended", async () => {
        const live = dev({ "main.ts": script("1") });
        await live.sees("begin 1\n");
        writeFiles(folder, { "main.ts": "const x = ;\n" });
        await live.says('Unexpected ";"');
        await live.says("not built; what was good runs on");
        expect(live.stdout).toBe("begin 1\n");
        writeFiles(folder, { "main.ts": 'import "./gone";\n' });
        await live.says('Could not resolve "./gone"');
        writeFiles(folder, { "gone.ts": "const y = ;\n" });
        await live.says('Unexpected ";"', 2);
        // Nothing of the script itself is different: what was looked for has appeared, is mended.
        writeFiles(folder, { "gone.ts": script("2") });
        await live.sees("begin 2\n");
        expect(live.stdout).toBe("begin 1\nend 1\nbegin 2\n");
        writeFiles(folder, { "gone.ts": "oops(\n" });
        await live.says("not built", 4);
        writeFiles(folder, { "gone.ts": script("2") });
        await live.says("nothing is different");
        await endsCleanly(live);
        expect(live.stdout).toBe("begin 1\nend 1\nbegin 2\nend 2\n");
    });

    it("may be so from the beginning", async () => {
        const live = dev({ "main.ts": "const x = ;\n" });
        await live.says("not built; waiting for a change");
        writeFiles(folder, { "main.ts": script("1") });
        await live.sees("begin 1\n");
        await endsCleanly(live);
    });

    it("in its types is shown, and runs", async () => {
        const live = dev({
            "main.ts": `const n: number = "text"; console.log("runs", n); export {};\n`,
            "tsconfig.json": `{"compilerOptions":{"strict":true,"noEmit":true,"types":[],
                "lib":["es2023"],"typeRoots":[]},"files":["main.ts","console.d.ts"]}`,
            "console.d.ts": "declare var console: { log(...args: unknown[]): void };",
        });
        await live.sees("runs text\n");
        await live.says("main.ts(1,7): error TS2322");
        await live.says("the types have errors; the script runs all the same");
        writeFiles(folder, { "main.ts": `console.log("right"); export {};\n` });
        await live.sees("right\n");
        await live.says("the types are right again");
        await endsCleanly(live);
    });
});

describe("a run of dev", () => {
    it("is recorded cleanly to its end when the script changes, or Ctrl-C comes", async () => {
        const recording = (name: string): string =>
            `import { audio, app } from "maix";
            const r = new audio.Recorder("${name}.wav", { sampleRate: 16000 });
            r.record(100); console.log("recording ${name}");
            while (!app.needExit()) r.record(50);
            r.finish(); console.log("finished ${name}");\n`;
        const live = dev({ "main.ts": recording("one") }, "--mic", "sim:tone", "main.ts");
        await live.sees("recording one\n");
        writeFiles(folder, { "main.ts": recording("two") });
        await live.sees("recording two\n");
        await endsCleanly(live);
        expect(live.stdout).toContain("finished two\n");
        for (const name of ["one", "two"]) {
            const { frames, rate } = readAlike(join(folder, `${name}.wav`));
            expect(rate).toBe(16000);
            expect(frames).toBeGreaterThanOrEqual(1600);
        }
    });

    it("that has ended waits for a change; its status is told", async () => {
        const live = dev({ "main.ts": "process.exit(3);\n" });
        await live.says("ended with status 3; waiting for a change");
        writeFiles(folder, { "main.ts": "throw new Error('x');\n" });
        await live.says("ended with status 1; waiting for a change");
        expect(live.stderr).toContain("main.ts:1:11");
        await endsCleanly(live);
    });

    it("gets its arguments, the folder, and standard input, also the second one", async () => {
        const text = (name: string): string =>
            `import * as std from "qjs:std"; import * as os from "qjs:os";
            console.log("${name}", os.getcwd()[0], process.argv.slice(1));
            console.log("got", std.in.getline());\n`;
        const live = dev({ "main.ts": text("1") }, "main.ts", "a b", "--", "--c", "--");
        await live.sees("1 ");
        expect(live.stdout).toContain(`1 ${folder} [ 'main.ts', 'a b', '--c', '--' ]\n`);
        live.child.stdin.write("first\n");
        await live.sees("got first\n");
        writeFiles(folder, { "main.ts": text("2") });
        await live.sees("2 ");
        live.child.stdin.write("second\n");
        await live.sees("got second\n");
        await endsCleanly(live);
    });

    it("that ignores the request is ended all the same", async () => {
        const live = dev({ "main.ts": 'console.log("go"); for (;;) {}\n' });
        await live.sees("go\n");
        live.kill();
        expect(await live.ended).toEqual({ status: 0, signal: null });
    });

    it("that takes the request back does not keep the next one waiting for ever", async () => {
        const stubborn =
            'import { app } from "maix"; console.log("go");' +
            "for (;;) { while (!app.needExit()); app.setExitFlag(false); }";
        const live = dev({ "main.ts": stubborn });
        await live.sees("go\n");
        writeFiles(folder, { "main.ts": script("next") });
        await live.sees("begin next\n");
        await endsCleanly(live);
    });

    it("ends dev when nobody reads its output any more", async () => {
        folder = makeFolder({ "main.ts": 'setInterval(() => console.log("line"), 1);\n' });
        const prefix = ["sh", "-c", '"$@" | head -n 3', "sh"];
        const live = new Live(["dev", "main.ts"], { cwd: folder, prefix });
        started.push(live);
        expect(await live.ended).toEqual({ status: 0, signal: null });
        expect(live.stdout).toBe("line\nline\nline\n");
    });

    it("is named as the files are: with spaces and quotes", async () => {
        const name = `it's a "test" $x.ts`;
        folder = makeFolder({ [`a b/${name}`]: "console.log(import.meta.url, 1);\n" });
        mkdirSync(join(folder, "c"));
        const live = new Live(["dev", `a b/${name}`], { cwd: folder });
        started.push(live);
        await live.sees(" 1\n");
        appendFileSync(join(folder, `a b/${name}`), "console.log(2);\n");
        await live.sees("2\n");
        await endsCleanly(live);
    });
});

describe("dev refuses", () => {
    const refused = async (...args: string[]): Promise<string> => {
        const cwd = makeFolder({ "main.ts": "" });
        const { status, stderr } = await cli(["dev", ...args], { cwd });
        expect(status).toBe(2);
        return stderr;
    };

    it("what it does not understand, with the right spelling", async () => {
        expect(await refused()).toContain("a script is missing");
        expect(await refused("gone.ts")).toContain("there is no script gone.ts");
        expect(await refused("main.ts", "--verbose")).toMatch(
            /unknown option --verbose\n.*maixjs dev <script> -- --verbose\n/,
        );
    });

    it("nothing of --help, which has an example", async () => {
        const { status, stdout } = await cli(["dev", "--help"], { cwd: projectRoot });
        expect(status).toBe(0);
        expect(stdout).toMatch(/Example:\n {2}maixjs dev /);
    });
});

it("writes go on while the folder is busy: the script's own files do not start it anew", async () => {
    const live = dev({
        "main.ts": `import { fs } from "maix"; import * as std from "qjs:std";
            let i = 0;
            setInterval(() => {
                const f = std.open("out.txt", "w"); f.puts(String(i)); f.close();
                if (++i === 200) console.log("written", typeof fs);
            }, 1);\n`,
    });
    await live.sees("written object\n");
    writeFileSync(join(folder, "main.ts"), script("2"));
    await live.sees("begin 2\n");
    await endsCleanly(live);
    expect(live.stderr.match(/starting anew/g)).toHaveLength(1);
});

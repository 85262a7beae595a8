// SPDX-License-Identifier: MIT
// maix:app: the exit flag, the app's id, and its folders.

import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { evaluate, results, runScript, temporaryFolder, withPrelude } from "../../support/run.ts";

describe("the exit flag", () => {
    it("is set and taken back", async () => {
        const states = await evaluate(`
            const state = () => [app.needExit(), app.running()];
            out([...state(), app.setExitFlag(true), ...state(), app.setExitFlag(false), ...state()]);
        `);
        expect(states).toEqual([[false, true, null, true, false, null, false, true]]);
    });

    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("is set by %s", async (signal) => {
        const ended = await runScript(
            withPrelude(`
                out("loop");
                while (!app.needExit()) time.sleepMs(1);
                out("end");
            `),
            { kill: { signal, when: (text) => text.includes("loop") } },
        );
        expect(results(ended)).toEqual(["loop", "end"]);
        expect(ended.status).toBe(0);
    });

    it("takes a boolean only", async () => {
        const names = await evaluate(`
            for (const value of [undefined, 1, "true", null])
                out(thrown(() => app.setExitFlag(value)).name);
            out(app.needExit());
        `);
        expect(names).toEqual([...Array(4).fill("TypeError"), false]);
    });
});

describe("the app's id", () => {
    const ask = "out(app.appId());";

    it("is that of the environment, else of app.yaml, else a default", async () => {
        const cwd = temporaryFolder();
        expect(await evaluate(ask, { cwd })).toEqual(["maixjs"]);
        const yaml = '# an app\nname: x\nid: "my_app-1" # mine\nversion: 1.0.0\n';
        writeFileSync(join(cwd, "app.yaml"), yaml);
        expect(await evaluate(ask, { cwd })).toEqual(["my_app-1"]);
        writeFileSync(join(cwd, "app.yaml"), "id: plain  # comment\r\n");
        expect(await evaluate(ask, { cwd })).toEqual(["plain"]);
        const env = { MAIXJS_APP_ID: "other" };
        expect(await evaluate(ask, { cwd, env })).toEqual(["other"]);
        expect(await evaluate(ask, { cwd, env: { MAIXJS_APP_ID: "" } })).toEqual(["plain"]);
    });

    it("can be set, to a name that is safe in a path", async () => {
        const answer = await evaluate(`
            out([app.setAppId("recorder.2"), app.appId()]);
            const bad = ["", ".", "..", "a/b", "../x", ".hidden", "a b", "ä", "a\\n", "x".repeat(65)];
            out(bad.map((id) => thrown(() => app.setAppId(id)).name));
            out([undefined, 5, null].map((id) => thrown(() => app.setAppId(id)).name));
            out([app.setAppId("x".repeat(64)).length, thrown(() => app.setAppId("a\\0b")).name]);
        `);
        expect(answer).toEqual([
            ["recorder.2", "recorder.2"],
            Array(10).fill("RangeError"),
            Array(3).fill("TypeError"),
            [64, "RangeError"],
        ]);
    });

    it("is EINVAL where the environment or app.yaml has none", async () => {
        const cwd = temporaryFolder();
        const code = "out(thrown(() => app.appId()));";
        const env = { MAIXJS_APP_ID: "../x" };
        expect(await evaluate(code, { cwd, env })).toMatchObject([
            { code: "EINVAL", message: expect.stringContaining("MAIXJS_APP_ID") },
        ]);
        for (const text of ["name: x\n", "id:\n", "id: ../x\n", `id: ${"x".repeat(100)}\n`]) {
            writeFileSync(join(cwd, "app.yaml"), text);
            expect(await evaluate(code, { cwd })).toMatchObject([
                { code: "EINVAL", message: expect.stringContaining("app.yaml") },
            ]);
        }
    });
});

const all = `
    out({
        apps: app.getAppsPath(), app: app.getAppPath(), other: app.getAppPath("other"),
        data: app.getAppDataPath(), config: app.getAppConfigPath(), tmp: app.getTmpPath(),
        share: app.getSharePath(), picture: app.getPicturePath(), video: app.getVideoPath(),
        font: app.getFontPath(), icon: app.getIconPath(),
    });
`;

function layout(base: string, tmp: string): Record<string, string> {
    return {
        apps: `${base}/apps`,
        app: `${base}/apps/maixjs`,
        other: `${base}/apps/other`,
        data: `${base}/apps/maixjs/data`,
        config: `${base}/apps/maixjs/data/config.ini`,
        tmp,
        share: `${base}/share`,
        picture: `${base}/share/picture`,
        video: `${base}/share/video`,
        font: `${base}/share/font`,
        icon: `${base}/share/icon`,
    };
}

/** The folders that are there, of a layout. */
function made(paths: Record<string, string>): string[] {
    return Object.entries(paths).flatMap(([name, path]) => (existsSync(path) ? [name] : []));
}

const created = ["apps", "app", "data", "tmp", "share", "picture", "video", "font", "icon"];

// On a board they are MaixPy's: the C test of paths.c has that.
describe.skipIf(existsSync("/maixapp"))("folders", () => {
    it("are below HOME by default, the temporary one in a private folder", async () => {
        const home = temporaryFolder();
        const tmp = temporaryFolder();
        const [paths] = await evaluate(all, { env: { HOME: home, TMPDIR: tmp } });
        const uid = process.getuid?.() ?? 0;
        expect(paths).toEqual(layout(`${home}/.local/share/maixjs`, `${tmp}/maixjs-${uid}`));
        expect(made(paths as Record<string, string>)).toEqual(created);
        expect(statSync(`${tmp}/maixjs-${uid}`).mode & 0o777).toBe(0o700);
    });

    it("are where XDG_DATA_HOME and XDG_RUNTIME_DIR say, if these are absolute", async () => {
        const home = temporaryFolder();
        const XDG_DATA_HOME = join(temporaryFolder(), "data");
        const XDG_RUNTIME_DIR = temporaryFolder();
        const env = { HOME: home, XDG_DATA_HOME, XDG_RUNTIME_DIR };
        const [paths] = await evaluate(all, { env });
        expect(paths).toEqual(layout(`${XDG_DATA_HOME}/maixjs`, `${XDG_RUNTIME_DIR}/maixjs`));
        const relative = { HOME: home, XDG_DATA_HOME: "data" };
        const code = "out(app.getAppsPath());";
        expect(await evaluate(code, { env: relative })).toEqual([
            `${home}/.local/share/maixjs/apps`,
        ]);
    });

    it("are all where MAIXJS_DATA says", async () => {
        const cwd = temporaryFolder();
        const base = join(temporaryFolder(), "a/b");
        const [paths] = await evaluate(all, { cwd, env: { MAIXJS_DATA: base } });
        expect(paths).toEqual(layout(base, `${base}/tmp`));
        expect(made(paths as Record<string, string>)).toEqual(created);
        expect(readdirSync(cwd)).toEqual([]);
    });

    it("are those of the app that was set", async () => {
        const base = temporaryFolder();
        const code = 'app.setAppId("mine"); out([app.getAppPath(), app.getAppDataPath()]);';
        expect(await evaluate(code, { env: { MAIXJS_DATA: base } })).toEqual([
            [`${base}/apps/mine`, `${base}/apps/mine/data`],
        ]);
    });

    it("are not made by asking where apps are", async () => {
        const base = join(temporaryFolder(), "none");
        const code = 'out([app.getAppsPath(), app.getAppPath(), app.getAppPath("x")].length);';
        await evaluate(code, { env: { MAIXJS_DATA: base } });
        expect(existsSync(base)).toBe(false);
    });
});

describe.skipIf(existsSync("/maixapp"))("folders that cannot be had", () => {
    const ask = "out(thrown(() => app.getAppDataPath()));";

    it("no HOME: says what to set; the temporary folder needs none", async () => {
        const env = { HOME: undefined, TMPDIR: temporaryFolder() };
        const [error, tmp] = await evaluate(`${ask} out(thrown(() => app.getTmpPath()));`, { env });
        expect(error).toMatchObject({
            code: "ENOENT",
            message: expect.stringContaining("MAIXJS_DATA"),
        });
        expect(tmp).toBe("nothing");
    });

    it("a relative MAIXJS_DATA", async () => {
        const [error] = await evaluate(ask, { env: { MAIXJS_DATA: "data" } });
        expect(error).toMatchObject({
            code: "EINVAL",
            message: expect.stringContaining("absolute"),
        });
    });

    it("something else in the way", async () => {
        const base = temporaryFolder();
        writeFileSync(join(base, "apps"), "");
        const [error] = await evaluate(ask, { env: { MAIXJS_DATA: base } });
        expect(error).toMatchObject({
            code: "EINVAL",
            message: expect.stringContaining(join(base, "apps")),
        });
    });

    it("a file system that cannot be written to", async () => {
        const [error] = await evaluate(ask, { env: { MAIXJS_DATA: "/proc/maixjs" } });
        expect(error).toMatchObject({ name: "Error", code: expect.stringMatching(/^E[A-Z]+$/) });
        expect((error as { message: string }).message).toContain("/proc/maixjs");
    });

    it("a temporary folder of somebody else's making", async () => {
        const tmp = temporaryFolder();
        const folder = join(tmp, `maixjs-${process.getuid?.() ?? 0}`);
        mkdirSync(folder);
        chmodSync(folder, 0o777);
        const code = "out(thrown(() => app.getTmpPath()));";
        expect(await evaluate(code, { env: { TMPDIR: tmp } })).toMatchObject([
            { code: "EACCES", message: expect.stringContaining(folder) },
        ]);
    });

    it("bad ids", async () => {
        const names = await evaluate(`
            out(["../x", "", 5].map((id) => thrown(() => app.getAppPath(id)).name));
        `);
        expect(names).toEqual([["RangeError", "RangeError", "TypeError"]]);
    });
});

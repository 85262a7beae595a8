// SPDX-License-Identifier: MIT
// maix:app: settings, exit messages, the list of apps, switching. A board's folders are MAIXJS_DATA here.

import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { getIni, parseIni, setIni } from "../../../ts/runtime/maix_ini.ts";
import { evaluate as run, temporaryFolder } from "../../support/run.ts";

/** A data folder with these files. */
function data(files: Record<string, string> = {}): string {
    const base = temporaryFolder();
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(base, name)), { recursive: true });
        writeFileSync(join(base, name), text);
    }
    return base;
}

const evaluate = (code: string, base: string, env = {}): Promise<unknown[]> =>
    run(code, { env: { MAIXJS_DATA: base, ...env } });

const config = "apps/maixjs/data/config.ini";

describe("ini files", () => {
    const text = "top = 1\n; note\n[a]\r\nx=1\n  y =  two words  \n\n[ b ]\nx = 3\n[a]\nz=\nx=9";

    it("are read", () => {
        expect(
            parseIni(text).map(({ section, key, value }) => `${section}.${key}=${value}`),
        ).toEqual([".top=1", "a.x=1", "a.y=two words", "b.x=3", "a.z=", "a.x=9"]);
        expect([getIni(text, "a", "x"), getIni(text, "b", "y")]).toEqual(["1", undefined]);
    });

    it("are changed in one place", () => {
        expect(setIni(text, "a", "x", "7")).toBe(text.replace("x=1", "x=7"));
        expect(setIni(text, "a", "y", "z")).toBe(text.replace("two words", "z"));
        expect(setIni(text, "a", "z", "5")).toBe(text.replace("z=", "z=5"));
        expect(setIni(text, "b", "new", "v")).toBe(text.replace("x = 3\n", "x = 3\nnew = v\r\n"));
        expect(setIni(text, "c", "k", "v")).toBe(`${text}\r\n[c]\r\nk = v\r\n`);
        expect(setIni("", "c", "k", "v")).toBe("[c]\nk = v\n");
        expect(setIni("[c]", "c", "k", "v")).toBe("[c]\nk = v\n");
        expect(setIni("# x\n", "", "k", "v")).toBe("# x\nk = v\n");
    });

    it("take any text, and give back what was set", () => {
        const texts = [
            "",
            "\n",
            "=",
            "[",
            "[]",
            "]",
            "[a",
            "[a]]\n=x\n",
            "\r\n\r\n",
            "\0=\0",
            "[a]=b\n",
            "k",
            "\uFEFF[a]\nk=1",
        ];
        const keys = ["k", "a b", "é", "__proto__", "constructor"];
        for (const before of texts) {
            for (const key of keys) {
                for (const section of ["a", "", "x y", "__proto__"]) {
                    const after = setIni(before, section, key, "v=[#;] 1");
                    expect(
                        getIni(after, section, key),
                        JSON.stringify([before, key, section]),
                    ).toBe("v=[#;] 1");
                    expect(setIni(after, section, key, "v=[#;] 1")).toBe(after);
                }
            }
        }
    });
});

describe("settings", () => {
    it("of the board are read, of the app are made", async () => {
        const base = data({ "sys_conf.ini": "[language]\nlocale = de\n" });
        const answer = await evaluate(
            `out([app.getSysConfigKv("language", "locale"), app.getSysConfigKv("language", "x"),
                app.getSysConfigKv("wifi", "ssid", "none")]);
            out(app.getAppConfigKv("user", "name", "?"));
            app.setAppConfigKv("user", "name", "Jörg = 1");
            app.setAppConfigKv("user", "age", "");
            out([app.getAppConfigKv("user", "name"), app.getAppConfigKv("user", "age", "?")]);`,
            base,
        );
        expect(answer).toEqual([["de", "", "none"], "?", ["Jörg = 1", ""]]);
        expect(readFileSync(join(base, config), "utf8")).toBe("[user]\nname = Jörg = 1\nage = \n");
        expect(readFileSync(join(base, "sys_conf.ini"), "utf8")).toBe("[language]\nlocale = de\n");
    });

    it("keep the rest of the file, and its permissions", async () => {
        const base = data({ [config]: "# mine\n[a]\nx =  1   \n\n\n# end" });
        chmodSync(join(base, config), 0o600);
        await evaluate(`app.setAppConfigKv("a", "x", "22");`, base);
        expect(readFileSync(join(base, config), "utf8")).toBe("# mine\n[a]\nx =  22   \n\n\n# end");
        expect(statSync(join(base, config)).mode & 0o777).toBe(0o600);
    });

    it("that would not read back are refused, and nothing is written", async () => {
        const base = data();
        const [ranges, types] = await evaluate(
            `const bad = [["a\\nb", "k", "v"], ["a]", "k", "v"], ["a", "k=", "v"], ["a", "", "v"], ["a", "#k", "v"],
                ["a", "k", "v\\n"], ["a", "k", " v"], ["a", "k ", "v"], ["a", "k", "v\\0"]];
            out(bad.map((args) => thrown(() => app.setAppConfigKv(...args)).name));
            out([["a", "k", 5], ["a", "k"], [null, "k", "v"]].map((args) => thrown(() => app.setAppConfigKv(...args)).name));`,
            base,
        );
        expect(ranges).toEqual(Array(9).fill("RangeError"));
        expect(types).toEqual(Array(3).fill("TypeError"));
        expect(existsSync(join(base, config))).toBe(false);
    });

    it("in a file that is not UTF-8 stay as they are", async () => {
        const base = data({ [config]: "" });
        const bytes = Buffer.from("[a]\nx=\xFF\n", "latin1");
        writeFileSync(join(base, config), bytes);
        const [error] = await evaluate(
            `out(thrown(() => app.setAppConfigKv("a", "y", "1")));`,
            base,
        );
        expect(error).toMatchObject({ code: "EINVAL" });
        expect(readFileSync(join(base, config))).toEqual(bytes);
    });
});

describe("the launcher", () => {
    it("is told why an app ended", async () => {
        const base = data();
        const answer = await evaluate(
            `out([app.haveExitMsg(), app.getExitMsg(), app.setExitMsg(0, "x"), app.haveExitMsg()]);
            out([app.setExitMsg(3, "no camera"), app.haveExitMsg(), app.getExitMsg()]);
            out([thrown(() => app.setExitMsg(1.5, "")).name, thrown(() => app.setExitMsg("1", "")).name]);`,
            base,
        );
        expect(answer).toEqual([
            [false, ["", 0, ""], 0, false],
            [3, true, ["maixjs", 3, "no camera"]],
            ["RangeError", "TypeError"],
        ]);
        expect(readFileSync(join(base, "tmp/app_exit_msg.txt"), "utf8")).toBe(
            "maixjs\n3\nno camera\n",
        );
    });

    it("hands over a start parameter", async () => {
        const code = "out(app.getStartParam());";
        expect(await evaluate(code, data())).toEqual([""]);
        expect(await evaluate(code, data(), { APP_START_PARAM: "file=ä" })).toEqual(["file=ä"]);
    });

    const info = [
        "[basic]",
        "version = 1",
        "[launcher]",
        "name=Launcher",
        "exec=launcher",
        "version=1.0.0",
        "icon=i.png",
        "[app_store]",
        "name=Store",
        "exec=store",
        "version=1.0.1",
        "[recorder]",
        "name=Recorder",
        "name[zh]=录音",
        "desc=Records",
        "desc[de-DE]=Nimmt auf",
        "exec=main.py",
        "author=me",
        "icon=/abs.json",
        "version=bad",
        "[../bad]",
        "name=x",
        "exec=y",
        "[half]",
        "name=x",
        "",
    ].join("\n");

    it("has a list of apps", async () => {
        const base = data({ "apps/app.info": info });
        const [apps, own, ids, none, path] = await evaluate(
            `out(app.getAppsInfo().map((one) => ({ ...one, version: String(one.version) })));
            out(app.getAppInfo("recorder").version instanceof app.Version);
            out(app.getAppsInfo({ ignoreLauncher: true, ignoreAppStore: true }).map(({ id }) => id));
            out(thrown(() => app.getAppInfo("none")).code);
            out(app.getAppsInfoPath());`,
            base,
        );
        expect(apps).toEqual([
            {
                id: "launcher",
                name: "Launcher",
                icon: `${base}/apps/launcher/i.png`,
                version: "1.0.0",
                exec: "launcher",
                author: "",
                desc: "",
                names: {},
                descs: {},
            },
            {
                id: "app_store",
                name: "Store",
                icon: "",
                version: "1.0.1",
                exec: "store",
                author: "",
                desc: "",
                names: {},
                descs: {},
            },
            {
                id: "recorder",
                name: "Recorder",
                icon: "/abs.json",
                version: "0.0.0",
                exec: "main.py",
                author: "me",
                desc: "Records",
                names: { zh: "录音" },
                descs: { "de-DE": "Nimmt auf" },
            },
        ]);
        expect([own, ids, none, path]).toEqual([
            true,
            ["recorder"],
            "ENOENT",
            `${base}/apps/app.info`,
        ]);
        expect(await evaluate("out(app.getAppsInfo());", data())).toEqual([[]]);
    });

    it("is asked to start another app", async () => {
        const base = data({ "apps/app.info": info });
        const [before, after] = await evaluate(
            `out([thrown(() => app.switchApp("none")).code, thrown(() => app.switchApp(3)).code,
                thrown(() => app.switchApp("recorder", "a\\nb")).name, thrown(() => app.switchApp()).name,
                app.setAppId("recorder") && app.switchApp("recorder"), app.needExit()]);
            app.switchApp(1, "x=1");
            out(app.needExit());`,
            base,
        );
        expect(before).toEqual(["ENOENT", "ENOENT", "RangeError", "TypeError", null, false]);
        expect(after).toBe(true);
        expect(readFileSync(join(base, "run_app.txt"), "utf8")).toBe(
            `${base}/apps/app_store/store\napp_store\nx=1\n`,
        );
    });

    it("has versions of three numbers", async () => {
        const [versions, bad] = await evaluate(
            `const { Version } = app;
            out([String(Version.fromStr("1.20.3")), Version.fromStr("1.20.3").minor, \`\${new Version(4)}\`]);
            out(["1.2", "a.b.c", "1.2.3.4", "-1.0.0", ""].map((text) => thrown(() => Version.fromStr(text)).name));`,
            data(),
        );
        expect(versions).toEqual(["1.20.3", 20, "4.0.0"]);
        expect(bad).toEqual(Array(5).fill("RangeError"));
    });
});

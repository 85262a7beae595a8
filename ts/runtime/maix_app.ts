// SPDX-License-Identifier: MIT
// The part of maix:app that is TypeScript: settings, exit messages, installed apps. The rest, and what
// this calls, is modules/app/app_js.c.

/// <reference path="../../modules/app/app.d.ts" />

import type { AppInfo } from "maix:app";

import { getIni, parseIni, setIni } from "./maix_ini.ts";
import { checkFlags, checkString, checkWhole, type NativeBase } from "./maix_native.ts";

export interface Native extends NativeBase {
    appId(): string;
    getAppPath(id?: string): string;
    getAppsPath(): string;
    getTmpPath(): string;
    getAppConfigPath(): string;
    setExitFlag(exit: boolean): void;
}

const FILE_MODE = 0o644;
const BOARD_APPS = "/maixapp/apps";
const CODE_MAX = 2 ** 31 - 1;
const VERSION_PART_MAX = 999_999;

class Version {
    major: number;
    minor: number;
    patch: number;

    constructor(major = 0, minor = 0, patch = 0) {
        this.major = checkWhole(major, "major", 0, VERSION_PART_MAX);
        this.minor = checkWhole(minor, "minor", 0, VERSION_PART_MAX);
        this.patch = checkWhole(patch, "patch", 0, VERSION_PART_MAX);
    }

    toString(): string {
        return `${this.major}.${this.minor}.${this.patch}`;
    }

    static fromStr(text: string): Version {
        return parseVersion(text);
    }
}

function parseVersion(text: unknown): Version {
    const [, ...parts] = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})$/.exec(checkString(text, "text")) ?? [];
    if (parts.length === 0) throw new RangeError(`a version is like 1.2.3, not ${text}`);
    const [major, minor, patch] = parts.map(Number);
    return new Version(major, minor, patch);
}

function checkLine(text: unknown, what: string): string {
    const line = checkString(text, what);
    if (/[\r\n]/.test(line)) throw new RangeError(`${what} must be one line`);
    return line;
}

/** A part of a setting's name or a value that reads back as it is. */
function checkPart(text: unknown, what: string, forbidden?: RegExp): string {
    const part = checkLine(text, what);
    if (part !== part.trim() || forbidden?.test(part)) {
        throw new RangeError(`${what} cannot be kept in an ini file: "${part}"`);
    }
    return part;
}

type Module = typeof import("maix:app");
export type Exports = Pick<
    Module,
    | "getStartParam"
    | "getSysConfigKv"
    | "getAppConfigKv"
    | "setAppConfigKv"
    | "setExitMsg"
    | "getExitMsg"
    | "haveExitMsg"
    | "getAppsInfoPath"
    | "getAppsInfo"
    | "getAppInfo"
    | "switchApp"
    | "Version"
>;

export function create(native: Native): Exports {
    const onBoard = (): boolean => native.getAppsPath() === BOARD_APPS;
    /** A file beside the folder of apps. */
    const besideApps = (name: string): string =>
        `${native.getAppsPath().replace(/\/apps$/, "")}/${name}`;
    const exitPath = (): string => `${native.getTmpPath()}/app_exit_msg.txt`;
    const infoPath = (): string => `${native.getAppsPath()}/app.info`;

    function getFrom(path: string, item: unknown, key: unknown, value: unknown): string {
        checkString(item, "item");
        checkString(key, "key");
        const otherwise = checkString(value, "value");
        return getIni(native.readText(path) ?? "", item as string, key as string) ?? otherwise;
    }

    function getAppsInfo(options?: {
        ignoreLauncher?: boolean;
        ignoreAppStore?: boolean;
    }): AppInfo[] {
        const { ignoreLauncher, ignoreAppStore } = checkFlags(options, "getAppsInfo", {
            ignoreLauncher: false,
            ignoreAppStore: false,
        });
        const apps = new Map<string, Map<string, string>>();
        for (const { section, key, value } of parseIni(native.readText(infoPath()) ?? "")) {
            const app = apps.get(section) ?? new Map<string, string>();
            apps.set(section, app);
            if (!app.has(key)) app.set(key, value);
        }
        apps.delete("basic");
        if (ignoreLauncher) apps.delete("launcher");
        if (ignoreAppStore) apps.delete("app_store");
        return [...apps].flatMap(([id, app]) => {
            // Ids become parts of paths.
            if (!/^\w[\w.-]{0,63}$/.test(id) || !app.get("name") || !app.get("exec")) return [];
            const icon = app.get("icon") ?? "";
            const localised = (what: string): Record<string, string> =>
                Object.fromEntries(
                    [...app].flatMap(([key, value]) => {
                        const [, found, locale = ""] = /^(\w+)\[([\w-]+)\]$/.exec(key) ?? [];
                        return found === what ? [[locale, value]] : [];
                    }),
                );
            let version = new Version();
            try {
                version = parseVersion(app.get("version") ?? "");
            } catch {
                // An app may have none, or one of another form: 0.0.0, as in MaixPy.
            }
            return [
                {
                    id,
                    name: app.get("name") ?? "",
                    icon:
                        icon === "" || icon[0] === "/" ? icon : `${native.getAppPath(id)}/${icon}`,
                    version,
                    exec: app.get("exec") ?? "",
                    author: app.get("author") ?? "",
                    desc: app.get("desc") ?? "",
                    names: localised("name"),
                    descs: localised("desc"),
                },
            ];
        });
    }

    function getAppInfo(id: string): AppInfo {
        checkString(id, "id");
        const info = getAppsInfo().find((app) => app.id === id);
        return info ?? native.fail("ENOENT", `there is no app "${id}" in ${infoPath()}`);
    }

    function getExitMsg(): [string, number, string] {
        const [id = "", code = "", ...rest] = (native.readText(exitPath()) ?? "").split("\n");
        if (!/^-?\d{1,10}$/.test(code)) return ["", 0, ""];
        return [id, Number(code), rest.join("\n").replace(/\n$/, "")];
    }

    return {
        Version,
        getStartParam: () => native.getenv("APP_START_PARAM") ?? "",
        getSysConfigKv: (item, key, value = "") =>
            getFrom(besideApps("sys_conf.ini"), item, key, value),
        getAppConfigKv: (item, key, value = "") =>
            getFrom(native.getAppConfigPath(), item, key, value),
        setAppConfigKv(item, key, value) {
            checkPart(item, "item", /[[\]]/);
            if (checkPart(key, "key", /=|^[#;[]/) === "")
                throw new RangeError("key must not be empty");
            checkPart(value, "value");
            const path = native.getAppConfigPath();
            const text = native.readText(path) ?? "";
            if (text.includes("\uFFFD")) {
                native.fail("EINVAL", `${path} is not UTF-8 text, so it is left as it is`);
            }
            native.replace(path, setIni(text, item, key, value), FILE_MODE);
        },
        setExitMsg(code, msg = "") {
            checkWhole(code, "code", -CODE_MAX, CODE_MAX);
            checkString(msg, "msg");
            if (code !== 0) {
                native.replace(exitPath(), `${native.appId()}\n${code}\n${msg}\n`, FILE_MODE);
            }
            return code;
        },
        getExitMsg,
        haveExitMsg: () => getExitMsg()[1] !== 0,
        getAppsInfoPath: infoPath,
        getAppsInfo,
        getAppInfo,
        switchApp(app, startParam = "") {
            const param = checkLine(startParam, "startParam");
            const apps = getAppsInfo();
            const info =
                typeof app === "string"
                    ? getAppInfo(app)
                    : (apps[checkWhole(app, "app", 0, CODE_MAX)] ??
                      native.fail("ENOENT", `there are ${apps.length} apps, no number ${app}`));
            if (info.id === native.appId()) return;
            const path = onBoard() ? "/tmp/run_app.txt" : besideApps("run_app.txt");
            const exec = `${native.getAppPath(info.id)}/${info.exec}`;
            native.replace(path, `${exec}\n${info.id}\n${param}\n`, FILE_MODE);
            native.setExitFlag(true);
        },
    };
}

// SPDX-License-Identifier: MIT
// The types of `maix:app`: the exit flag, an app's files and settings, other apps.

/**
 * When to end, where an app's files and settings are, which other apps there are.
 *
 * ```ts
 * import { needExit, getAppConfigKv, getAppDataPath, setAppConfigKv } from "maix:app";
 *
 * const folder = getAppDataPath();
 * const gain = Number(getAppConfigKv("audio", "gain", "1"));
 * setAppConfigKv("audio", "gain", String(gain)); // "gain = 1" below "[audio]" in data/config.ini
 * while (!needExit()) {
 *     // …
 * }
 * ```
 *
 * ## Folders
 * On a board (a folder `/maixapp` exists) they are MaixPy's, below `/maixapp`. Elsewhere they are
 * below `$XDG_DATA_HOME/maixjs`, by default `~/.local/share/maixjs`. `MAIXJS_DATA`, an absolute
 * path, moves all of them, also on a board. Paths are absolute.
 *
 * | function | on a board | below `MAIXJS_DATA`, or on a PC |
 * |---|---|---|
 * | `getAppPath()` | the current folder | `apps/<appId()>` |
 * | `getAppPath(id)` | `/maixapp/apps/<id>` | `apps/<id>` |
 * | `getAppDataPath()` | `data` in the current folder | `apps/<appId()>/data` |
 * | `getTmpPath()` | `/maixapp/tmp` | `tmp`; on a PC `$XDG_RUNTIME_DIR/maixjs`, else `maixjs-<uid>` in `$TMPDIR` or `/tmp` (private) |
 * | `getSharePath()` … | `/maixapp/share`, … | `share`, … |
 *
 * A folder that an app writes to (data, tmp, share, picture, video, font, icon) is created by the
 * function that names it; `getAppPath` and `getAppsPath` create nothing.
 *
 * `sys_conf.ini` (the board's settings), `apps/app.info` (the list of apps) and, but on a board, where
 * it is `/tmp/run_app.txt`, `run_app.txt` (which app the launcher starts next) are in the same place.
 * Files are replaced whole or not at all; at most 1 MiB, else `EFBIG`.
 *
 * Errors have a `code`: `ENOENT` (no `HOME`), `EACCES`, `EIO`, `ENOSPC` (the folder cannot be
 * made), `EINVAL` (an environment variable makes no sense, or something else than a folder is in
 * the way), `EUNSUPPORTED` (importing this module in a worker).
 */
declare module "maix:app" {
    /**
     * True once the program should end: a signal (Ctrl-C, SIGTERM, SIGHUP), or `setExitFlag`.
     * Waiting calls return early then, and streams end.
     */
    export function needExit(): boolean;
    /** `!needExit()`. */
    export function running(): boolean;
    /**
     * Asks the program to end, or takes that back (also a signal's wish).
     * @throws TypeError if it is not a boolean
     */
    export function setExitFlag(exit: boolean): void;

    /**
     * The app's id: the one set, else `MAIXJS_APP_ID`, else `id` of `app.yaml` in the current
     * folder, else `"maixjs"`. 1 to 64 letters, digits, `_ - .`; it does not begin with a dot.
     * @throws `EINVAL` where the environment or app.yaml has none of that form
     */
    export function appId(): string;
    /** Sets and returns it. TypeError if it is not a string, RangeError if it is not of the form. */
    export function setAppId(id: string): string;

    /** Where apps are installed. Not created. */
    export function getAppsPath(): string;
    /** Where an app is installed; default: this one. Not created. RangeError: `id` is none. */
    export function getAppPath(id?: string): string;
    /** Where this app keeps its data. Created. */
    export function getAppDataPath(): string;
    /** The app's settings: `config.ini` in its data folder, which is created; the file is not. */
    export function getAppConfigPath(): string;
    /** Where temporary files go. Created. */
    export function getTmpPath(): string;
    /** What apps share: pictures, videos, fonts, icons. Created. */
    export function getSharePath(): string;
    /** `picture` in the shared folder. Created. */
    export function getPicturePath(): string;
    /** `video` in the shared folder. Created. */
    export function getVideoPath(): string;
    /** `font` in the shared folder. Created. */
    export function getFontPath(): string;
    /** `icon` in the shared folder. Created. */
    export function getIconPath(): string;

    // --- Settings: ini files, `key = value` below `[item]` ---

    /**
     * A setting of the board, which its settings app makes: `getSysConfigKv("language", "locale")`.
     * Read from the file each time.
     * @param value what there is where it is not set; default `""`
     */
    export function getSysConfigKv(item: string, key: string, value?: string): string;
    /** A setting of this app, from `getAppConfigPath()`; likewise. */
    export function getAppConfigKv(item: string, key: string, value?: string): string;
    /**
     * Makes a setting of this app. Every other character of the file stays, comments too.
     * @throws RangeError for what would not read back: line ends, blanks around it, `[` or `]` in an
     * item, `=` in a key, a key that begins with `# ; [`; `EINVAL` where the file is not UTF-8
     */
    export function setAppConfigKv(item: string, key: string, value: string): void;

    // --- The launcher and other apps ---

    /** What the app that switched to this one handed over (`APP_START_PARAM`); `""` for nothing. */
    export function getStartParam(): string;
    /**
     * Tells the launcher why the app ends; it shows the message. Code 0 does nothing.
     * @param code a whole number of 32 bits, such as one of `maix:err`
     * @returns the code
     */
    export function setExitMsg(code: number, msg?: string): number;
    /** The last message: app, code, text. `["", 0, ""]` where there is none. */
    export function getExitMsg(): [appId: string, code: number, msg: string];
    /** Whether there is one with a code other than 0. */
    export function haveExitMsg(): boolean;

    /** Three whole numbers, 0 to 999,999. */
    export class Version {
        constructor(major?: number, minor?: number, patch?: number);
        major: number;
        minor: number;
        patch: number;
        /** `"1.2.3"` */
        toString(): string;
        /** @throws RangeError if it is not of the form `1.2.3` */
        static fromStr(text: string): Version;
    }

    /** An installed app. */
    export interface AppInfo {
        readonly id: string;
        readonly name: string;
        /** The icon's absolute path, or `""`. */
        readonly icon: string;
        /** 0.0.0 where the list has none of that form. */
        readonly version: Version;
        /** The executable, in the app's folder. */
        readonly exec: string;
        readonly author: string;
        readonly desc: string;
        /** Names by locale: `{ zh: "…" }`. */
        readonly names: Readonly<Record<string, string>>;
        readonly descs: Readonly<Record<string, string>>;
    }
    /** The list of apps, which the board keeps: `app.info`. */
    export function getAppsInfoPath(): string;
    /** The apps in that list, in its order; none where there is no list. */
    export function getAppsInfo(options?: {
        /** Default false. */
        readonly ignoreLauncher?: boolean;
        /** Default false. */
        readonly ignoreAppStore?: boolean;
    }): AppInfo[];
    /** @throws `ENOENT`: no such app in the list */
    export function getAppInfo(id: string): AppInfo;
    /**
     * Asks this program to end (`needExit()`), and the launcher to start that app then. Nothing where
     * it is this app.
     * @param app its id, or its number in `getAppsInfo()`, from 0
     * @param startParam one line that it gets by `getStartParam()`; default `""`
     * @throws `ENOENT`: no such app; RangeError: `startParam` is more than a line
     */
    export function switchApp(app: string | number, startParam?: string): void;
}

// SPDX-License-Identifier: MIT
// The types of `maix:app`: the exit flag, and where an app's files are.

/**
 * When to end, and where an app's files are.
 *
 * ```ts
 * import { needExit, getAppDataPath } from "maix:app";
 *
 * const folder = getAppDataPath();
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
}

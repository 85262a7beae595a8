// SPDX-License-Identifier: MIT
// The folder for what this machine keeps and can do without, as each system wants it.

import { homedir } from "node:os";
import { join } from "node:path";

export function userCacheFolder(): string {
    const { MAIXJS_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
    if (MAIXJS_CACHE) return MAIXJS_CACHE;
    if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "maixjs");
    if (process.platform === "darwin") return join(homedir(), "Library/Caches/maixjs");
    return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "maixjs");
}

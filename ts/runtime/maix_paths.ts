// SPDX-License-Identifier: MIT
// Paths as text, for maix:fs.

/** `.`, `..` and doubled slashes resolved; `""` becomes `"."`. */
export function normalise(path: string): string {
    const root = path.startsWith("/") ? "/" : "";
    const kept: string[] = [];
    for (const part of path.split("/")) {
        if (part === "" || part === ".") continue;
        if (part !== "..") kept.push(part);
        else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
        else if (root === "") kept.push("..");
    }
    return root + kept.join("/") || ".";
}

export function dirname(path: string): string {
    const at = path.lastIndexOf("/");
    if (at < 0) return ".";
    return path.slice(0, at).replace(/\/+$/, "") || "/";
}

export function basename(path: string): string {
    return path.slice(path.lastIndexOf("/") + 1);
}

export function splitext(path: string): [string, string] {
    const name = basename(path);
    const at = name.lastIndexOf(".");
    if (at <= 0 || name === "..") return [path, ""];
    return [path.slice(0, path.length - name.length + at), name.slice(at)];
}

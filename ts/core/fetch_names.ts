// SPDX-License-Identifier: MIT
// Names that come from a board: which of them are wanted, and which may become files here.

const PATTERN_CHARS_MAX = 1000;
// What Windows takes for something else than a file, with or without an extension.
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * `*`, `?`, `[a-z]`, and `**` for any number of folders, as in a shell: a leading dot must be said.
 * Undefined: the pattern is none.
 */
export function compilePattern(pattern: string): RegExp | undefined {
    const isInside =
        pattern !== "" && !pattern.startsWith("/") && !/(^|\/)\.\.?(\/|$)/.test(pattern);
    if (!isInside || pattern.length > PATTERN_CHARS_MAX) return undefined;
    let text = "^";
    let isStart = true; // of a name: only a dot that is written may match one
    for (let at = 0; at < pattern.length; ) {
        const rest = pattern.slice(at);
        const [token = ""] = /^(?:\*\*\/|\*+|\?|\[!?\]?[^\]/]*\]|[\s\S])/u.exec(rest) ?? [];
        at += token.length;
        const noDot = isStart ? "(?!\\.)" : "";
        if (token === "**/" && isStart) text += "(?:(?!\\.)[^/]+/)*";
        else if (token.startsWith("*")) text += `${noDot}[^/]*${token.endsWith("/") ? "/" : ""}`;
        else if (token === "?") text += `${noDot}[^/]`;
        else if (token.length > 1 && token.startsWith("[")) text += noDot + characterClass(token);
        else text += token.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
        isStart = token.endsWith("/");
    }
    try {
        return new RegExp(`${text}$`, "u");
    } catch {
        return undefined; // such as [z-a]
    }
}

function characterClass(token: string): string {
    const isNegated = token.startsWith("[!");
    const inner = token.slice(isNegated ? 2 : 1, -1).replace(/[\\\]^[]/g, "\\$&");
    return `(?!/)[${isNegated ? "^" : ""}${inner}]`;
}

/** Why a path from the board cannot become a file here; undefined: it can. */
export function whyUnsafe(path: string, platform: string = process.platform): string | undefined {
    if (path.startsWith("/")) return "it is not in the working folder";
    for (const name of path.split("/")) {
        if (name === "" || name === "." || name === "..") return "it is not in the working folder";
        if (/\p{Cc}/u.test(name)) return "it has control characters";
        if (/[\uFFFD]/u.test(name)) return "it is not UTF-8";
        if (platform !== "win32") continue;
        if (/[<>:"|?*\\]/.test(name) || /[. ]$/.test(name) || RESERVED.test(name)) {
            return "Windows has no such names";
        }
    }
    return undefined;
}

/** A name from the board as a terminal may show it. */
export function shownName(path: string): string {
    return path.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) => {
        return `\\u{${one.codePointAt(0)?.toString(16)}}`;
    });
}

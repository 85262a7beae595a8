// SPDX-License-Identifier: MIT
// Absolute POSIX paths, without Node: joining, tidying, relative to a folder.

/** Removes `.`, `..`, and double slashes of an absolute path. */
export function normalize(path: string): string {
    const parts: string[] = [];
    for (const part of path.split("/")) {
        if (part === "" || part === ".") continue;
        if (part === "..") parts.pop();
        else parts.push(part);
    }
    return `/${parts.join("/")}`;
}

/** `path` as seen from the absolute folder `base`. */
export function resolve(base: string, path: string): string {
    return normalize(path.startsWith("/") ? path : `${base}/${path}`);
}

/** The folder that holds `path`; "/" for "/". */
export function dirname(path: string): string {
    const slash = path.lastIndexOf("/");
    return slash <= 0 ? "/" : path.slice(0, slash);
}

/** `path` relative to `folder` when it lies inside, else `path` itself. */
export function shorten(path: string, folder: string): string {
    const prefix = folder.endsWith("/") ? folder : `${folder}/`;
    return path.startsWith(prefix) && path.length > prefix.length
        ? path.slice(prefix.length)
        : path;
}

/** `text` without percent-encoding; as it is where that is broken. */
export function decode(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

/** The path of a `file:` URL; anything else is given back as it is. */
export function fromFileUrl(text: string): string {
    const match = /^file:\/\/(?:localhost)?(\/[^?#]*)/.exec(text);
    return match?.[1] === undefined ? text : decode(match[1]);
}

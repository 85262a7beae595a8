// SPDX-License-Identifier: MIT
// A value as text, for console.log and for thrown values that are no errors: bounded, and safe
// whatever the value does. Embedded as bytecode like errors.ts.
//
// The value comes from another realm (`instanceof` says nothing) and may be hostile: getters are
// not called, and whatever a proxy throws ends as a short text.

declare global {
    interface ErrorConstructor {
        /** ES2026; not in every engine that the tests run on. */
        isError?(value: unknown): boolean;
    }
}

const DEPTH_MAX = 3;
const ENTRIES_MAX = 20;
const TEXT_CHARS_MAX = 10_000;

const shortEscapes: Readonly<Record<string, string>> = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\\": "\\\\",
};

function quote(text: string): string {
    const mark = !text.includes("'")
        ? "'"
        : !text.includes('"')
          ? '"'
          : !text.includes("`")
            ? "`"
            : "'";
    let out = "";
    for (const char of text) {
        const code = char.charCodeAt(0);
        const short = shortEscapes[char];
        if (short !== undefined) out += short;
        else if (char === mark) out += `\\${char}`;
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
            out += `\\x${code.toString(16).padStart(2, "0")}`;
        else out += char;
    }
    return mark + out + mark;
}

function cut(text: string): string {
    if (text.length <= TEXT_CHARS_MAX) return text;
    return `${text.slice(0, TEXT_CHARS_MAX)}… (${text.length - TEXT_CHARS_MAX} more)`;
}

function isIdentifier(key: string): boolean {
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key);
}

function nameOfClass(value: object): string {
    const proto: unknown = Object.getPrototypeOf(value);
    if (proto === null) return "[Object: null prototype]";
    const maker = Object.getOwnPropertyDescriptor(proto as object, "constructor")?.value as unknown;
    if (typeof maker !== "function") return "";
    const name: unknown = Object.getOwnPropertyDescriptor(maker, "name")?.value;
    return typeof name === "string" ? name : "";
}

function inspectFunction(value: object): string {
    const name: unknown = Object.getOwnPropertyDescriptor(value, "name")?.value;
    return typeof name === "string" && name !== ""
        ? `[Function: ${name}]`
        : "[Function (anonymous)]";
}

/** Values whose content is not in their properties; undefined for all others. */
function inspectSpecial(value: object): string | undefined {
    const tag = Object.prototype.toString.call(value);
    switch (tag) {
        case "[object Date]":
            return new Date(Date.prototype.getTime.call(value)).toISOString();
        case "[object RegExp]":
            return RegExp.prototype.toString.call(value);
        case "[object Promise]":
            return "Promise {}";
        case "[object ArrayBuffer]":
        case "[object SharedArrayBuffer]":
            return `${nameOfClass(value)} { byteLength: ${(value as ArrayBuffer).byteLength} }`;
        default:
            return Error.isError?.(value) === true ? inspectError(value) : undefined;
    }
}

/** An error inside of something else: without its stack. */
function inspectError(error: object): string {
    const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
    return `[${String(name)}${message === "" ? "" : `: ${cut(String(message))}`}]`;
}

/** What a Map or a Set holds; undefined for all other values. */
function inspectCollection(value: object, depth: number, seen: object[]): string[] | undefined {
    const items: string[] = [];
    let total = 0;
    const add = (text: () => string): void => {
        total += 1;
        if (items.length < ENTRIES_MAX) items.push(text());
    };
    const at = (one: unknown): string => inspectAt(one, depth + 1, seen);
    switch (Object.prototype.toString.call(value)) {
        case "[object Map]":
            Map.prototype.forEach.call(value as Map<unknown, unknown>, (item, key) => {
                add(() => `${at(key)} => ${at(item)}`);
            });
            break;
        case "[object Set]":
            Set.prototype.forEach.call(value as Set<unknown>, (item) => {
                add(() => at(item));
            });
            break;
        default:
            return undefined;
    }
    if (total > items.length) items.push(`… ${total - items.length} more`);
    return [`(${total})`, ...items];
}

function inspectProperty(
    value: object,
    key: string | symbol,
    depth: number,
    seen: object[],
): string {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (descriptor === undefined) return "undefined";
    if (descriptor.get !== undefined)
        return descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]";
    if (descriptor.set !== undefined) return "[Setter]";
    return inspectAt(descriptor.value, depth, seen);
}

function inspectEntries(value: object, isList: boolean, depth: number, seen: object[]): string[] {
    const entries: string[] = [];
    let omitted = 0;
    for (const key of Reflect.ownKeys(value)) {
        if (Object.getOwnPropertyDescriptor(value, key)?.enumerable !== true) continue;
        if (entries.length === ENTRIES_MAX) {
            omitted += 1;
            continue;
        }
        const text = inspectProperty(value, key, depth + 1, seen);
        if (typeof key === "symbol") entries.push(`[${String(key)}]: ${text}`);
        else if (isList && /^\d+$/.test(key)) entries.push(text);
        else entries.push(`${isIdentifier(key) ? key : quote(key)}: ${text}`);
    }
    if (omitted > 0) entries.push(`… ${omitted} more`);
    return entries;
}

function inspectBytes(value: ArrayBufferView, name: string): string {
    const list = value as unknown as Partial<ArrayLike<number | bigint>>;
    const { length } = list;
    if (typeof length !== "number") return `${name} { byteLength: ${value.byteLength} }`;
    const shown: string[] = [];
    for (let i = 0; i < Math.min(length, ENTRIES_MAX); i++) shown.push(String(list[i]));
    if (length > shown.length) shown.push(`… ${length - shown.length} more`);
    return `${name}(${length}) ${shown.length === 0 ? "[]" : `[ ${shown.join(", ")} ]`}`;
}

function inspectObject(value: object, depth: number, seen: object[]): string {
    if (seen.includes(value)) return "[Circular]";
    const special = inspectSpecial(value);
    if (special !== undefined) return special;
    const name = nameOfClass(value);
    const isList = Array.isArray(value);
    if (depth >= DEPTH_MAX) return isList ? "[Array]" : `[${name === "" ? "Object" : name}]`;
    if (ArrayBuffer.isView(value)) return inspectBytes(value, name);
    const inner = [...seen, value];
    const [size = "", ...items] = inspectCollection(value, depth, inner) ?? [];
    const entries = [...items, ...inspectEntries(value, isList, depth, inner)];
    if (isList) return entries.length === 0 ? "[]" : `[ ${entries.join(", ")} ]`;
    const prefix = name === "" || name === "Object" ? "" : `${name}${size} `;
    return entries.length === 0 ? `${prefix}{}` : `${prefix}{ ${entries.join(", ")} }`;
}

function inspectAt(value: unknown, depth: number, seen: object[]): string {
    switch (typeof value) {
        case "string":
            return quote(cut(value));
        case "bigint":
            return `${value}n`;
        case "symbol":
            return String(value);
        case "function":
            return inspectFunction(value);
        case "object":
            return value === null ? "null" : inspectObject(value, depth, seen);
        case "number":
            return Object.is(value, -0) ? "-0" : String(value);
        default:
            return String(value);
    }
}

/** `value` on one line, much as Node shows it. Never throws. */
export function inspect(value: unknown): string {
    try {
        return cut(inspectAt(value, 0, []));
    } catch {
        return typeof value === "function" ? "[Function]" : "[Object]";
    }
}

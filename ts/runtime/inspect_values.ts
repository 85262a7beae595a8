// SPDX-License-Identifier: MIT
// Single values as text: primitives, functions, dates, errors, buffers; names of classes; colours.

declare global {
    interface ErrorConstructor {
        /** ES2026; not in every engine that the tests run on. */
        isError?(value: unknown): boolean;
    }
}

export interface Style {
    readonly isOn: boolean;
}

type Paint =
    | "string"
    | "number"
    | "boolean"
    | "symbol"
    | "undefined"
    | "null"
    | "special"
    | "date"
    | "regexp";

const codes: Readonly<Record<Paint, readonly [number, number]>> = {
    string: [32, 39],
    number: [33, 39],
    boolean: [33, 39],
    symbol: [32, 39],
    undefined: [90, 39],
    null: [1, 22],
    special: [36, 39],
    date: [35, 39],
    regexp: [31, 39],
};

export function paint(style: Style, kind: Paint, text: string): string {
    const [on, off] = codes[kind];
    return style.isOn ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

const shortEscapes: Readonly<Record<string, string>> = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
    "\\": "\\\\",
};

export function quote(text: string): string {
    const [single, double, back] = ["'", '"', "`"].map((mark) => text.includes(mark));
    const mark = !single ? "'" : !double ? '"' : !back && !text.includes("${") ? "`" : "'";
    let out = "";
    for (const char of text) {
        const code = char.charCodeAt(0);
        const short = shortEscapes[char];
        if (short !== undefined) out += short;
        else if (char === mark) out += `\\${char}`;
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
            out += `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
        else if (char.length === 1 && code >= 0xd800 && code <= 0xdfff)
            out += `\\u${code.toString(16)}`;
        else out += char;
    }
    return mark + out + mark;
}

/** Undefined: an object, a function or a string. */
export function showPrimitive(style: Style, value: unknown): string | undefined {
    switch (typeof value) {
        case "number":
            return paint(style, "number", Object.is(value, -0) ? "-0" : String(value));
        case "bigint":
            return paint(style, "number", `${value}n`);
        case "boolean":
            return paint(style, "boolean", String(value));
        case "symbol":
            return paint(style, "symbol", String(value));
        case "undefined":
            return paint(style, "undefined", "undefined");
        default:
            return value === null ? paint(style, "null", "null") : undefined;
    }
}

function isObject(value: unknown): value is object {
    return (typeof value === "object" && value !== null) || typeof value === "function";
}

function ownName(value: object): string {
    const name: unknown = Object.getOwnPropertyDescriptor(value, "name")?.value;
    return typeof name === "string" ? name : "";
}

/** "Object" for plain objects, as for those whose class has no name. */
export function nameOfClass(value: object): string {
    const tag = stringTag(value);
    let name = "";
    let proto: unknown = Object.getPrototypeOf(value);
    if (proto === null) name = `[${Array.isArray(value) ? "Array" : "Object"}: null prototype]`;
    while (name === "" && isObject(proto)) {
        const maker = Object.getOwnPropertyDescriptor(proto, "constructor")?.value as unknown;
        if (typeof maker === "function") name = ownName(maker);
        proto = Object.getPrototypeOf(proto);
    }
    if (name === "") name = "Object";
    return tag === "" || tag === name ? name : `${name} [${tag}]`;
}

/** What the object says it is; "" where that is a getter of the script's, or nothing. */
function stringTag(value: object): string {
    for (
        let at: unknown = value;
        typeof at === "object" && at !== null;
        at = Object.getPrototypeOf(at)
    ) {
        const tag = Object.getOwnPropertyDescriptor(at, Symbol.toStringTag);
        if (tag === undefined) continue;
        const isOwn = at === value && tag.enumerable === true;
        return !isOwn && typeof tag.value === "string" ? tag.value : "";
    }
    return "";
}

export function showFunction(value: object): string {
    const source = Function.prototype.toString.call(value);
    const name = ownName(value);
    if (/^class\b/.test(source)) {
        const parent: unknown = Object.getPrototypeOf(value);
        const from = typeof parent === "function" ? ownName(parent) : "";
        return `[class ${name === "" ? "(anonymous)" : name}${from === "" ? "" : ` extends ${from}`}]`;
    }
    const kind = nameOfClass(value).replace(/ .*/, "");
    return name === "" ? `[${kind} (anonymous)]` : `[${kind}: ${name}]`;
}

/** An error inside of something else: without its stack. */
function showError(error: object): string {
    const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
    const code =
        Object.getOwnPropertyDescriptor(error, "message") === undefined && message === undefined;
    return `[${String(name)}${message === "" || code ? "" : `: ${String(message).slice(0, 10_000)}`}]`;
}

export interface Special {
    readonly kind: "value" | "error" | "string" | "tag";
    readonly text: string;
    /** What stands between the brackets although it is no property. */
    readonly hidden?: string;
}

function showBoxed(value: object, tag: string): string {
    const text = tag === "String" ? quote(String.prototype.valueOf.call(value)) : String(value);
    return `[${tag}: ${text}]`;
}

/** Values whose content is not in their properties; undefined for all others. */
export function showSpecial(style: Style, value: object): Special | undefined {
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    try {
        switch (tag) {
            case "Date": {
                const time = Date.prototype.getTime.call(value);
                const text = Number.isNaN(time) ? "Invalid Date" : new Date(time).toISOString();
                return { kind: "value", text: paint(style, "date", text) };
            }
            case "RegExp":
                return {
                    kind: "value",
                    text: paint(style, "regexp", RegExp.prototype.toString.call(value)),
                };
            case "Number":
                Number.prototype.valueOf.call(value);
                return { kind: "value", text: paint(style, "number", showBoxed(value, tag)) };
            case "Boolean":
                Boolean.prototype.valueOf.call(value);
                return { kind: "value", text: paint(style, "number", showBoxed(value, tag)) };
            case "String":
                return { kind: "string", text: paint(style, "string", showBoxed(value, tag)) };
            case "WeakMap":
            case "WeakSet": {
                const hidden = paint(style, "special", "<items unknown>");
                return { kind: "tag", text: tag, hidden };
            }
        }
    } catch {
        return undefined; // only its name says so
    }
    const isError = tag === "DOMException" || (Error.isError?.(value) ?? tag === "Error");
    return isError ? { kind: "error", text: showError(value) } : undefined;
}

/** The entries of an ArrayBuffer or a DataView; an object among them is to be shown, too. */
export function showBytes(style: Style, value: object): (string | object)[] | undefined {
    const tag = Object.prototype.toString.call(value);
    const number = (one: number): string => paint(style, "number", String(one));
    if (tag === "[object DataView]" && ArrayBuffer.isView(value)) {
        const { byteLength, byteOffset, buffer } = value;
        return [`byteLength: ${number(byteLength)}`, `byteOffset: ${number(byteOffset)}`, buffer];
    }
    if (tag !== "[object ArrayBuffer]" && tag !== "[object SharedArrayBuffer]") return undefined;
    const { byteLength } = value as ArrayBuffer;
    const bytes = new Uint8Array(value as ArrayBuffer, 0, Math.min(byteLength, 50));
    const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const left = byteLength - bytes.length;
    const rest = left > 0 ? ` ... ${left} more byte${left > 1 ? "s" : ""}` : "";
    const name = paint(style, "special", "[Uint8Contents]");
    return [`${name}: <${text}${rest}>`, `byteLength: ${number(byteLength)}`];
}

export function isCollection(value: object): "Map" | "Set" | undefined {
    const probe = (read: () => unknown): boolean => {
        try {
            read();
            return true;
        } catch {
            return false;
        }
    };
    if (probe(() => Map.prototype.has.call(value, 0))) return "Map";
    return probe(() => Set.prototype.has.call(value, 0)) ? "Set" : undefined;
}

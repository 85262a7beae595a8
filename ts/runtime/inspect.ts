// SPDX-License-Identifier: MIT
// A value as text, as Node's console shows it: bounded, and safe whatever the value does. Embedded
// as bytecode like errors.ts.
//
// The value comes from another realm (`instanceof` says nothing) and may be hostile: getters are
// not called, and whatever a proxy throws ends as a short text. What a class says under Node's
// symbol for it (`Symbol.for("nodejs.util.inspect.custom")`) is asked for, as in Node.

import { group, isWide, join } from "./inspect_lines.ts";
import {
    isCollection,
    nameOfClass,
    paint,
    quote,
    showBytes,
    showFunction,
    showPrimitive,
    showSpecial,
    type Style,
} from "./inspect_values.ts";

export interface InspectOptions {
    /** Levels of objects below the first; default 2. */
    readonly depth?: number;
    /** Colour for a terminal. */
    readonly color?: boolean;
    /** Also what is not enumerable. */
    readonly showHidden?: boolean;
    /** All on one line, for messages. */
    readonly oneLine?: boolean;
}

const LIST_ITEMS_MAX = 100;
const BYTES_ITEMS_MAX = 20;
const KEYS_MAX = 200;
const TEXT_CHARS_MAX = 10_000;
const OUTPUT_CHARS_MAX = 200_000;
const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

/** What one call of `inspect` knows. */
export interface Session {
    readonly depth: number;
    readonly style: Style;
    readonly showHidden: boolean;
    readonly oneLine: boolean;
    readonly open: object[];
    /** Objects that something inside of them refers to, in the order in which that was found. */
    readonly circular: object[];
    indent: number;
    /** How deep the object lay that was looked at last: decides what fits onto one line. */
    level: number;
    /** Characters so far: a graph without circles can still be endless. */
    chars: number;
}

function cut(text: string): string {
    if (text.length <= TEXT_CHARS_MAX) return text;
    return `${text.slice(0, TEXT_CHARS_MAX)}... ${text.length - TEXT_CHARS_MAX} more characters`;
}

function more(count: number): string {
    return `... ${count} more item${count > 1 ? "s" : ""}`;
}

function keyText(session: Session, key: string | symbol): string {
    if (typeof key === "symbol") return `[${paint(session.style, "symbol", String(key))}]`;
    if (key === "__proto__") return "['__proto__']";
    return /^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key) ? key : paint(session.style, "string", quote(key));
}

function showProperty(
    session: Session,
    value: object,
    key: string | symbol,
    level: number,
): string {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (descriptor === undefined) return paint(session.style, "undefined", "undefined");
    const { get, set } = descriptor;
    if (get !== undefined)
        return paint(session.style, "special", set === undefined ? "[Getter]" : "[Getter/Setter]");
    if (set !== undefined) return paint(session.style, "special", "[Setter]");
    session.indent += 2;
    const text = showAt(session, descriptor.value, level + 1);
    session.indent -= 2;
    return text;
}

function showKeys(session: Session, value: object, level: number, skip: RegExp | null): string[] {
    const keys = Reflect.ownKeys(value).filter((key) => {
        if (typeof key === "string" && skip?.test(key) === true) return false;
        if (session.showHidden) return true;
        return Object.getOwnPropertyDescriptor(value, key)?.enumerable === true;
    });
    const shown = keys.slice(0, KEYS_MAX).map((key) => {
        const isHidden = Object.getOwnPropertyDescriptor(value, key)?.enumerable !== true;
        const name = isHidden && typeof key === "string" ? `[${key}]` : keyText(session, key);
        return `${name}: ${showProperty(session, value, key, level)}`;
    });
    if (keys.length > KEYS_MAX) shown.push(more(keys.length - KEYS_MAX));
    return shown;
}

function showList(session: Session, list: readonly unknown[], level: number): string[] {
    const out: string[] = [];
    let at = 0;
    while (at < list.length && out.length < LIST_ITEMS_MAX) {
        if (Object.hasOwn(list, at)) {
            out.push(showProperty(session, list, String(at), level));
            at += 1;
            continue;
        }
        const first = at;
        // A list of a billion holes must not be walked hole by hole.
        const next = nextIndex(list, at);
        at = next;
        const count = at - first;
        const text = `<${count} empty item${count > 1 ? "s" : ""}>`;
        out.push(paint(session.style, "undefined", text));
    }
    if (at < list.length) out.push(more(list.length - at));
    return out;
}

function nextIndex(list: readonly unknown[], from: number): number {
    if (list.length - from < 1000) {
        let at = from;
        while (at < list.length && !Object.hasOwn(list, at)) at += 1;
        return at;
    }
    for (const key of Object.keys(list)) {
        const index = Number(key);
        if (String(index) === key && index >= from && index < list.length) return index;
    }
    return list.length;
}

function showCollection(session: Session, value: object, level: number): string[] {
    const out: string[] = [];
    let total = 0;
    const show = (one: unknown): string => showAt(session, one, level + 1);
    const add = (text: () => string): void => {
        total += 1;
        if (out.length < LIST_ITEMS_MAX) out.push(text());
    };
    session.indent += 2;
    if (isCollection(value) === "Map") {
        Map.prototype.forEach.call(value as Map<unknown, unknown>, (item, key) => {
            add(() => `${show(key)} => ${show(item)}`);
        });
    } else {
        Set.prototype.forEach.call(value as Set<unknown>, (item) => add(() => show(item)));
    }
    session.indent -= 2;
    if (total > out.length) out.push(more(total - out.length));
    return out;
}

function showView(session: Session, value: ArrayBufferView): string[] {
    const list = value as unknown as ArrayLike<number | bigint>;
    const { length } = list;
    const out: string[] = [];
    for (let i = 0; i < Math.min(length, BYTES_ITEMS_MAX); i++)
        out.push(showPrimitive(session.style, list[i]) ?? "");
    if (length > out.length) out.push(more(length - out.length));
    return out;
}

/** The pieces of an object before they are laid out. */
interface Parts {
    /** In front of the bracket: `Map(1)`, or all there is, when nothing follows. */
    readonly prefix: string;
    readonly brackets: readonly [string, string];
    readonly entries: string[];
    /** Short values that may stand in columns. */
    readonly isList: boolean;
    /** Stands for itself where there are no entries: no brackets then. */
    readonly isAlone: boolean;
}

function partsOf(session: Session, value: object, level: number): Parts {
    const name = nameOfClass(value);
    const own = { brackets: ["{", "}"], isList: false, isAlone: false } as const;
    if (Array.isArray(value)) {
        const entries = showList(session, value, level);
        entries.push(
            ...showKeys(session, value, level, session.showHidden ? /^\d+$/ : /^\d+$|^length$/),
        );
        const prefix = name === "Array" ? "" : `${name}(${value.length})`;
        return { ...own, prefix, brackets: ["[", "]"], entries, isList: true };
    }
    if (
        ArrayBuffer.isView(value) &&
        !(Object.prototype.toString.call(value) === "[object DataView]")
    ) {
        const entries = [...showView(session, value), ...showKeys(session, value, level, /^\d+$/)];
        const prefix = `${name}(${(value as Uint8Array).length})`;
        return { ...own, prefix, brackets: ["[", "]"], entries, isList: true };
    }
    const kind = isCollection(value);
    if (kind !== undefined) {
        const entries = showCollection(session, value, level);
        const { size } =
            kind === "Map"
                ? new Map(value as Map<unknown, unknown>)
                : new Set(value as Set<unknown>);
        entries.push(...showKeys(session, value, level, null));
        const isPlain = name === kind;
        const prefix =
            name === "URLSearchParams"
                ? name
                : isPlain
                  ? `${kind}(${size})`
                  : `${name}(${size}) [${kind}]`;
        return { ...own, prefix, entries };
    }
    if (typeof value === "function") {
        const skip = session.showHidden ? /^prototype$/ : null;
        const entries = showKeys(session, value, level, skip);
        const text = showFunction(value);
        const prefix = entries.length > 0 ? text : paint(session.style, "special", text);
        return { ...own, prefix, entries, isAlone: true };
    }
    const bytes = showBytes(session.style, value);
    if (bytes !== undefined) {
        const entries = [
            ...bytes.map((one) =>
                typeof one === "string" ? one : `buffer: ${showAt(session, one, level + 1)}`,
            ),
        ];
        entries.push(...showKeys(session, value, level, null));
        return { ...own, prefix: name, entries };
    }
    const special = showSpecial(session.style, value);
    const skip =
        special?.kind === "error"
            ? /^(stack|message|name|cause|errors)$/
            : special?.kind === "string"
              ? /^\d+$/
              : null;
    const entries = special?.hidden === undefined ? [] : [special.hidden];
    entries.push(...showKeys(session, value, level, skip));
    if (special !== undefined)
        return {
            ...own,
            prefix: special.text,
            entries,
            isAlone: special.hidden === undefined && special.kind !== "tag",
        };
    return { ...own, prefix: name === "Object" ? "" : name, entries };
}

function layOut(session: Session, parts: Parts, level: number): string {
    const { prefix, brackets, entries, isAlone } = parts;
    const [open, close] = brackets;
    const front = prefix === "" ? open : `${prefix} ${open}`;
    if (entries.length === 0) return isAlone ? prefix : `${front}${close}`;
    if (session.oneLine) return `${front} ${entries.join(", ")} ${close}`;
    let lines = entries;
    if (parts.isList && entries.length > 6)
        lines = group(entries, session.indent, session.style.isOn);
    const isNested = session.level - level >= 3;
    if (!isNested && lines === entries) {
        const start = entries.length + session.indent + front.length + 10;
        if (!isWide(entries, start, session.style.isOn) && !prefix.includes("\n"))
            return `${front} ${entries.join(", ")} ${close}`;
    }
    return join(front, lines, close, session.indent);
}

function showCustom(session: Session, value: object, level: number): string | undefined {
    const custom = (value as { [CUSTOM]?: unknown })[CUSTOM];
    if (typeof custom !== "function") return undefined;
    const depth = session.depth - level;
    const options = { depth, colors: session.style.isOn, showHidden: session.showHidden };
    const made: unknown = Reflect.apply(custom, value, [depth, options, inspect]);
    if (made === value) return undefined;
    if (typeof made !== "object" || made === null) return String(made);
    return showAt(session, made, level);
}

/** What is as short as its name would be. */
function isShort(session: Session, value: object): boolean {
    if (typeof value === "function" || showSpecial(session.style, value) !== undefined) return true;
    if (Array.isArray(value)) return value.length === 0;
    const isPlain = !ArrayBuffer.isView(value) && isCollection(value) === undefined;
    return (
        isPlain && Object.keys(value).length === 0 && showBytes(session.style, value) === undefined
    );
}

function showObject(session: Session, value: object, level: number): string {
    if (session.open.includes(value)) {
        if (!session.circular.includes(value)) session.circular.push(value);
        const index = session.circular.indexOf(value) + 1;
        return paint(session.style, "special", `[Circular *${index}]`);
    }
    const custom = showCustom(session, value, level);
    if (custom !== undefined) return custom;
    if ((level > session.depth || session.chars > OUTPUT_CHARS_MAX) && !isShort(session, value)) {
        const text = `[${Array.isArray(value) ? "Array" : nameOfClass(value)}]`;
        return paint(session.style, "special", text);
    }
    if (!isShort(session, value) || Object.keys(value).length > 0) session.level = level;
    session.open.push(value);
    const parts = partsOf(session, value, level);
    session.open.pop();
    let { prefix } = parts;
    const index = session.circular.indexOf(value) + 1;
    if (index > 0) {
        const mark = paint(session.style, "special", `<ref *${index}>`);
        prefix = prefix === "" ? mark : `${mark} ${prefix}`;
    }
    const text = layOut(session, { ...parts, prefix }, level);
    session.chars += text.length;
    return text;
}

function showString(session: Session, text: string, level: number): string {
    const shown = cut(text);
    const room = 80 - session.indent - 4;
    const isSplit = level > 0 && !session.oneLine && shown.length > 16 && shown.length > room;
    if (!isSplit) return paint(session.style, "string", quote(shown));
    const lines = shown.split(/(?<=\n)/).map((line) => paint(session.style, "string", quote(line)));
    return lines.join(` +\n${" ".repeat(session.indent + 2)}`);
}

function showAt(session: Session, value: unknown, level: number): string {
    if (typeof value === "string") return showString(session, value, level);
    const simple = showPrimitive(session.style, value);
    if (simple !== undefined) return simple;
    return showObject(session, value as object, level);
}

/** `value` as Node's `util.inspect` shows it. Never throws. */
export function inspect(value: unknown, options: InspectOptions = {}): string {
    const session: Session = {
        depth: options.depth ?? 2,
        style: { isOn: options.color === true },
        showHidden: options.showHidden === true,
        oneLine: options.oneLine === true,
        open: [],
        circular: [],
        indent: 0,
        level: 0,
        chars: 0,
    };
    try {
        return showAt(session, value, 0);
    } catch {
        return typeof value === "function" ? "[Function]" : "[Object]";
    }
}

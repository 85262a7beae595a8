// SPDX-License-Identifier: MIT
// Errors as text at TypeScript positions. Compiled to bytecode, embedded into the executable, and
// loaded into a fresh JavaScript context only when an error is shown.
//
// The value comes from the script's realm: `instanceof Error` is false for its errors, and its
// getters and proxies may throw. Nothing here throws, whatever the value or the map is.

import { TraceMap, traceSegment } from "@jridgewell/trace-mapping";

import { excerptLines } from "./excerpt.ts";
import { inspect } from "./inspect.ts";
import { decode, fromFileUrl, resolve, shorten } from "./paths.ts";

export interface ErrorContext {
    /** The bundle's module name, as it stands in the engine's stack frames. */
    readonly bundleName: string;
    /** The source map's JSON text, if there is one. */
    readonly map: string | undefined;
    /** Absolute folder that the map's sources are relative to. */
    readonly mapBase: string;
    /** Absolute folder; paths inside it are shown relative to it. */
    readonly cwd: string;
    /** Colour for a terminal. */
    readonly color: boolean;
    /** Why there is no map, if that must be said. */
    readonly mapNote?: string | undefined;
    /** The mappings of these lines (from 0, ascending) and no others; undefined: it failed. */
    readonly sliceMappings?: (mappings: string, lines: readonly number[]) => unknown;
    /** A line (from 1) of a source file that has not changed since; undefined: none to show. */
    readonly readLine?: (path: string, line: number) => unknown;
}

const CAUSE_DEPTH_MAX = 8;
const AGGREGATE_ERRORS_MAX = 10;
const ERRORS_MAX = 40;
const STACK_LINES_MAX = 100;
const MESSAGE_CHARS_MAX = 100_000;
const CODE_PATTERN = /^[A-Za-z0-9_.-]{1,64}$/;

const RED = "\u001b[31m";
const DIM = "\u001b[2m";
const RESET = "\u001b[0m";

interface Position {
    readonly path: string;
    readonly line: number;
    readonly column: number;
}

interface Mapper {
    /** Makes ready to map positions on these lines of the bundle, counted from 1. */
    readonly prepare: (lines: readonly number[]) => void;
    /** Maps a position, counted from 1 as the engine counts; undefined: not known. */
    readonly map: (line: number, column: number) => Position | undefined;
}

/** Everything that is worked out once for one call of this module. */
interface Session {
    readonly context: ErrorContext;
    readonly mapper: Mapper;
    /** The bundle's name as `stackOf` has it. */
    readonly frameName: string;
    /** Errors being shown, outermost first: a cause that is one of them is a cycle. */
    readonly open: object[];
    /** Errors shown so far: nested aggregates must not grow without end. */
    shown: number;
}

/** The file of a source map's source: a URL, mostly a relative one, so percent-encoded. */
function sourcePath(source: string, root: string, base: string): string {
    const path = source.startsWith("file:") ? fromFileUrl(source) : decode(source);
    // `<stdin>`, `[eval]`, `(disabled):…` are names, not paths.
    if (/^[<[(]/.test(path)) return path;
    if (path.startsWith("/")) return resolve("/", path);
    const folder = root.startsWith("file:") ? fromFileUrl(root) : decode(root);
    return resolve(base, folder === "" ? path : `${folder}/${path}`);
}

/** What was decoded of a map: a large one as a whole would take minutes. */
interface Decoded {
    readonly trace: TraceMap;
    /** The map's line (from 0) for a line of the bundle (from 1). */
    readonly lineOf: (line: number) => number;
}

function decodeLines(
    map: { readonly mappings: string },
    lines: readonly number[],
    context: ErrorContext,
): Decoded {
    const make = (mappings: string): TraceMap =>
        new TraceMap({ ...map, mappings } as unknown as string);
    if (context.sliceMappings === undefined) {
        return { trace: make(map.mappings), lineOf: (line) => line - 1 };
    }
    const wanted = [...new Set(lines.map((line) => line - 1))].sort((a, b) => a - b);
    const sliced = context.sliceMappings(map.mappings, wanted);
    const trace = make(typeof sliced === "string" ? sliced : "");
    return { trace, lineOf: (line) => wanted.indexOf(line - 1) };
}

function createMapper(context: ErrorContext): Mapper {
    const none: Mapper = { prepare: () => undefined, map: () => undefined };
    if (context.map === undefined || context.map === "") return none;
    try {
        // Some tools put a line in front that makes the file no script.
        const json = JSON.parse(context.map.replace(/^\)\]\}'[^\n]*\n/, "")) as unknown;
        const parsed = json as { readonly mappings?: unknown; readonly sections?: unknown };
        const { mappings } = parsed;
        if (typeof mappings !== "string") return none;
        let decoded: Decoded | undefined;
        return {
            prepare: (lines) => {
                try {
                    decoded = decodeLines({ ...parsed, mappings }, lines, context);
                } catch {
                    decoded = undefined;
                }
            },
            map: (line, column) => {
                if (decoded === undefined || line < 1 || column < 1) return undefined;
                try {
                    const { trace } = decoded;
                    const segment = traceSegment(trace, decoded.lineOf(line), column - 1);
                    if (segment === null || segment.length === 1) return undefined;
                    const source = trace.sources[segment[1]];
                    if (typeof source !== "string") return undefined;
                    const path = sourcePath(source, trace.sourceRoot ?? "", context.mapBase);
                    return { path, line: segment[2] + 1, column: segment[3] + 1 };
                } catch {
                    return undefined;
                }
            },
        };
    } catch {
        return none;
    }
}

function createSession(context: ErrorContext): Session {
    const frameName = context.bundleName.replaceAll("\n", "\\n");
    return { context, mapper: createMapper(context), frameName, open: [], shown: 0 };
}

interface Frame {
    readonly name: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
}

/** "    at fn (file:line:col)" or "    at file:line:col"; undefined: another line. */
function parseFrame(text: string, bundleName: string): Frame | undefined {
    // Where a path holds brackets the pattern below would cut it in the wrong place.
    const start = text.indexOf(` (${bundleName}:`);
    const inBundle = start < 0 ? null : /:(\d+):(\d+)\)$/.exec(text.slice(start));
    if (inBundle !== null) {
        const name = text.slice(0, start).replace(/^\s*at /, "");
        return { name, file: bundleName, line: Number(inBundle[1]), column: Number(inBundle[2]) };
    }
    const match = /^\s*at (?:(.*) \((.+):(\d+):(\d+)\)|(.+):(\d+):(\d+))$/.exec(text);
    if (match === null) return undefined;
    const [, name, file, line, column, bareFile, bareLine, bareColumn] = match;
    return {
        name: name ?? "",
        file: file ?? bareFile ?? "",
        line: Number(line ?? bareLine),
        column: Number(column ?? bareColumn),
    };
}

/** Frames of a stack's lines, undefined for other lines; they can be mapped then. */
function parseFrames(lines: readonly string[], session: Session): (Frame | undefined)[] {
    const name = session.frameName;
    const frames = lines.map((line) => parseFrame(line, name));
    session.mapper.prepare(frames.filter((one) => one?.file === name).map((one) => one?.line ?? 0));
    return frames;
}

function formatFrame(frame: Frame, session: Session): string {
    const { context } = session;
    const mapped =
        frame.file === session.frameName ? session.mapper.map(frame.line, frame.column) : undefined;
    const path = mapped?.path ?? fromFileUrl(frame.file);
    const line = mapped?.line ?? frame.line;
    const column = mapped?.column ?? frame.column;
    const place = `${shownPath(path, context)}:${line}:${column}`;
    // The engine calls a module's top level anonymous too, so the name would say nothing; esbuild
    // names the function around a CommonJS module after its file.
    const isWrapper = mapped !== undefined && path.endsWith(`/${frame.name}`);
    const isNamed =
        !isWrapper && frame.name !== "" && frame.name !== "<anonymous>" && frame.name !== "<eval>";
    const text = isNamed ? `    at ${frame.name} (${place})` : `    at ${place}`;
    return context.color && isLibrary(path) ? `${DIM}${text}${RESET}` : text;
}

/** A frame of the embedded TypeScript, which has no lines: nothing that a user could look at. */
const EMBEDDED_FRAME = /\(<null>:0:1\)$/;

function mapLines(stack: string, session: Session): string[] {
    const all = stack.replace(/\n+$/, "").split("\n");
    const lines = all.filter((line) => !EMBEDDED_FRAME.test(line));
    const texts = lines.slice(0, STACK_LINES_MAX);
    const frames = parseFrames(texts, session);
    const shown = texts.map((line, i) => {
        const frame = frames[i];
        return frame === undefined ? line : formatFrame(frame, session);
    });
    if (lines.length > STACK_LINES_MAX) {
        shown.push(`    … ${lines.length - STACK_LINES_MAX} more lines`);
    }
    return shown;
}

/** Reads a property; undefined where it throws. */
function read(value: object, key: string): unknown {
    try {
        return (value as Readonly<Record<string, unknown>>)[key];
    } catch {
        return undefined;
    }
}

function isObject(value: unknown): value is object {
    return (typeof value === "object" && value !== null) || typeof value === "function";
}

function isError(value: unknown): value is object {
    if (!isObject(value)) return false;
    if (Error.isError?.(value) === true) return true;
    return typeof read(value, "message") === "string" && typeof read(value, "stack") === "string";
}

/** An error's name; of a class without a name of its own the class's, as Node shows it. */
function nameOf(error: object): string {
    const name = read(error, "name");
    const own = typeof name === "string" && name !== "" ? name : "Error";
    if (own !== "Error") return own;
    const maker = read(error, "constructor");
    const className = isObject(maker) ? read(maker, "name") : undefined;
    return typeof className === "string" && className !== "" && className !== "Object"
        ? className
        : own;
}

function messageOf(error: object): string {
    const message = read(error, "message");
    if (message === undefined) return "";
    const text = typeof message === "string" ? message : inspect(message);
    return text.length > MESSAGE_CHARS_MAX ? `${text.slice(0, MESSAGE_CHARS_MAX)}…` : text;
}

function headerOf(error: object, color: boolean): string {
    const message = messageOf(error);
    const code = read(error, "code");
    const isShown =
        typeof code === "string" && CODE_PATTERN.test(code) && !message.startsWith(code);
    const name = isShown ? `${nameOf(error)} [${code}]` : nameOf(error);
    const start = color ? `${RED}${name}${RESET}` : name;
    return message === "" ? start : `${start}: ${message}`;
}

/** The stack, a frame a line: the bundle's name may have line ends in it. */
function stackOf(error: object, { context, frameName }: Session): string | undefined {
    const stack = read(error, "stack");
    if (typeof stack !== "string") return undefined;
    return frameName === context.bundleName
        ? stack
        : stack.replaceAll(`${context.bundleName}:`, `${frameName}:`);
}

/** A path on one line. */
function shownPath(path: string, context: ErrorContext): string {
    return shorten(path, context.cwd).replaceAll("\n", "\\n");
}

/** A frame of a library: what a user looks for is seldom there. */
function isLibrary(path: string): boolean {
    return path.includes("/node_modules/");
}

/** Where a frame of the bundle is in the sources; undefined: it is not the bundle's. */
function placeOf(frame: Frame, session: Session): Position | undefined {
    if (frame.file !== session.frameName) return undefined;
    const mapped = session.mapper.map(frame.line, frame.column);
    if (mapped !== undefined) return mapped;
    const path = fromFileUrl(session.context.bundleName);
    return path.startsWith("/") ? { path, line: frame.line, column: frame.column } : undefined;
}

/** The source line that the error comes from: the topmost of the user's own, else of a library. */
function excerptOf(error: object, session: Session): string[] {
    const { context } = session;
    const stack = stackOf(error, session);
    if (context.readLine === undefined || stack === undefined) return [];
    const places = parseFrames(stack.split("\n", STACK_LINES_MAX), session)
        .map((frame) => (frame === undefined ? undefined : placeOf(frame, session)))
        .filter((place) => place !== undefined);
    const place = places.find((one) => !isLibrary(one.path)) ?? places[0];
    if (place === undefined) return [];
    const line = context.readLine(place.path, place.line);
    const lines = typeof line === "string" ? excerptLines(line, place.column) : undefined;
    if (lines === undefined) return [];
    const [text = "", caret = ""] = lines;
    const where = `${shownPath(place.path, context)}:${place.line}:${place.column}`;
    return [where, text, context.color ? `${RED}${caret}${RESET}` : caret];
}

/** The stack without the "Name: message" that other engines, or the script, put in front. */
function stackLines(error: object, session: Session): string[] {
    const stack = stackOf(error, session);
    if (stack === undefined || stack.trim() === "") return [];
    const message = messageOf(error);
    let text = stack;
    for (const header of [`${nameOf(error)}: ${message}`, `Error: ${message}`, nameOf(error)]) {
        if (text === header || text.startsWith(`${header}\n`)) {
            text = text.slice(header.length + 1);
            break;
        }
    }
    if (text === "") return [];
    return mapLines(text, session);
}

function indent(lines: readonly string[], by: string): string[] {
    return lines.map((line) => by + line);
}

/** A labelled error that belongs to another: its cause, what it was suppressed by, … */
function labelled(label: string, value: unknown, session: Session): string[] {
    const [first = "", ...rest] = valueLines(value, session);
    return [`  [${label}]: ${first}`, ...indent(rest, "  ")];
}

function aggregateLines(errors: unknown, session: Session): string[] {
    if (!isArray(errors)) return [];
    const length = read(errors, "length");
    if (typeof length !== "number") return [];
    const lines: string[] = [];
    const shown = Math.min(length, AGGREGATE_ERRORS_MAX);
    for (let i = 0; i < shown; i++) {
        lines.push(...labelled(`error ${i + 1} of ${length}`, read(errors, String(i)), session));
    }
    if (length > shown) lines.push(`  … ${length - shown} more errors`);
    return lines;
}

/** A revoked proxy throws even here. */
function isArray(value: unknown): value is object {
    try {
        return Array.isArray(value);
    } catch {
        return false;
    }
}

function hasOwn(value: object, key: string): boolean {
    try {
        return Object.getOwnPropertyDescriptor(value, key) !== undefined;
    } catch {
        return false;
    }
}

function errorLines(error: object, session: Session): string[] {
    if (session.open.includes(error)) return ["[Circular]"];
    const header = headerOf(error, session.context.color);
    session.shown += 1;
    if (session.open.length >= CAUSE_DEPTH_MAX || session.shown > ERRORS_MAX)
        return [`${header} …`];
    session.open.push(error);
    const lines = [...header.split("\n"), ...stackLines(error, session)];
    lines.push(...aggregateLines(read(error, "errors"), session));
    if (read(error, "name") === "SuppressedError") {
        lines.push(...labelled("error", read(error, "error"), session));
        lines.push(...labelled("suppressed", read(error, "suppressed"), session));
    }
    if (hasOwn(error, "cause")) lines.push(...labelled("cause", read(error, "cause"), session));
    session.open.pop();
    return lines;
}

function valueLines(value: unknown, session: Session): string[] {
    return isError(value) ? errorLines(value, session) : [inspect(value)];
}

/** An uncaught value as it is shown on stderr, without a newline at its end. Never throws. */
export function formatError(value: unknown, context: ErrorContext): string {
    try {
        const session = createSession(context);
        if (!isError(value)) return `Uncaught: ${valueLines(value, session).join("\n")}`;
        const lines = [...excerptOf(value, session), ...valueLines(value, session)];
        if (context.mapNote !== undefined) lines.push(context.mapNote);
        return lines.join("\n");
    } catch {
        return "Uncaught: an error that cannot be shown";
    }
}

/** A stack with every frame of the bundle at its TypeScript position. Never throws. */
export function mapStack(stack: string, context: ErrorContext): string {
    try {
        return mapLines(stack, createSession(context)).join("\n");
    } catch {
        return stack;
    }
}

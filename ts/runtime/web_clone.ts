// SPDX-License-Identifier: MIT
// structuredClone: the standard's algorithm over QuickJS-ng's values. Embedded as bytecode, loaded
// when a script says structuredClone.
// Source of the rules: https://html.spec.whatwg.org/multipage/structured-data.html

const errorNames = [
    "Error",
    "EvalError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "TypeError",
    "URIError",
] as const;

/** Whether `read` accepts the value: what has the internal slots, whatever its prototype says. */
function has(read: () => unknown): boolean {
    try {
        read();
        return true;
    } catch {
        return false;
    }
}

function getter(prototype: object, name: string | symbol): () => unknown {
    return Object.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
}

const mapSize = getter(Map.prototype, "size");
const setSize = getter(Set.prototype, "size");
const byteLength = getter(ArrayBuffer.prototype, "byteLength");
const sharedLength = getter(SharedArrayBuffer.prototype, "byteLength");
const viewTag = getter(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag);
const isErrorOf = (Error as unknown as { isError(value: unknown): boolean }).isError;

function refuse(value: unknown): never {
    const isFunction = typeof value === "function";
    const what = isFunction ? `the function ${value.name || "(anonymous)"}` : nameOf(value);
    throw new DOMException(`${what} could not be cloned.`, "DataCloneError");
}

function nameOf(value: unknown): string {
    if (typeof value !== "object") return String(value);
    return Object.prototype.toString.call(value).slice(8, -1);
}

type Memory = Map<object, unknown>;

function clonePrimitive(value: object): object | undefined {
    if (has(() => Boolean.prototype.valueOf.call(value)))
        return Object(Boolean.prototype.valueOf.call(value)) as object;
    if (has(() => Number.prototype.valueOf.call(value)))
        return Object(Number.prototype.valueOf.call(value)) as object;
    if (has(() => String.prototype.valueOf.call(value)))
        return Object(String.prototype.valueOf.call(value)) as object;
    if (has(() => BigInt.prototype.valueOf.call(value)))
        return Object(BigInt.prototype.valueOf.call(value)) as object;
    if (has(() => Symbol.prototype.valueOf.call(value))) return refuse(value);
    if (has(() => Date.prototype.getTime.call(value)))
        return new Date(Date.prototype.getTime.call(value));
    if (value instanceof RegExp && value !== RegExp.prototype)
        return new RegExp(value.source, value.flags);
    return undefined;
}

function cloneBuffer(value: object): object | undefined {
    if (has(() => sharedLength.call(value))) return refuse(value);
    if (!has(() => byteLength.call(value))) return undefined;
    const buffer = value as ArrayBuffer & {
        readonly detached?: boolean;
        readonly resizable?: boolean;
        readonly maxByteLength?: number;
    };
    if (buffer.detached === true) return refuse(value);
    if (buffer.resizable !== true) return ArrayBuffer.prototype.slice.call(value, 0);
    const make = ArrayBuffer as unknown as new (
        length: number,
        options: { maxByteLength?: number | undefined },
    ) => ArrayBuffer;
    const copy = new make(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
    new Uint8Array(copy).set(new Uint8Array(buffer));
    return copy;
}

function cloneView(view: ArrayBufferView, memory: Memory): object {
    const buffer = clone(view.buffer, memory) as ArrayBuffer;
    const name = viewTag.call(view) as string | undefined;
    if (name === undefined) return new DataView(buffer, view.byteOffset, view.byteLength);
    const make = (globalThis as unknown as Record<string, typeof Uint8Array>)[name];
    if (make === undefined) return refuse(view);
    return new make(buffer, view.byteOffset, (view as Uint8Array).length);
}

function cloneError(error: Error, memory: Memory): Error {
    const given = String(error.name);
    const name = errorNames.find((one) => one === given) ?? "Error";
    const make = (globalThis as unknown as Record<string, typeof Error>)[name] ?? Error;
    const made = new make();
    memory.set(error, made);
    const define = (key: string, value: unknown): void => {
        Object.defineProperty(made, key, { value, writable: true, configurable: true });
    };
    const message = Object.getOwnPropertyDescriptor(error, "message");
    if (message !== undefined && "value" in message) define("message", String(message.value));
    define("stack", String(error.stack));
    if (Object.hasOwn(error, "cause")) define("cause", clone(error.cause, memory));
    return made;
}

function cloneProperties(from: object, to: object, memory: Memory): object {
    for (const key of Object.keys(from)) {
        if (!Object.hasOwn(from, key)) continue; // a getter took it away
        const value = clone((from as Record<string, unknown>)[key], memory);
        Object.defineProperty(to, key, {
            value,
            writable: true,
            enumerable: true,
            configurable: true,
        });
    }
    return to;
}

/** What has no content that could be copied: the tag says so, and no plain object has it. */
const platformTags =
    /^(Promise|WeakMap|WeakSet|WeakRef|Generator|AsyncGenerator|FinalizationRegistry|Module|Recorder|WavWriter|.* Iterator)$/;

function cloneObject(value: object, memory: Memory): object {
    const remember = <T extends object>(made: T): T => {
        memory.set(value, made);
        return made;
    };
    const simple = clonePrimitive(value) ?? cloneBuffer(value);
    if (simple !== undefined) return remember(simple);
    if (ArrayBuffer.isView(value)) return remember(cloneView(value, memory));
    if (has(() => mapSize.call(value))) {
        const made = remember(new Map<unknown, unknown>());
        for (const [key, item] of [...Map.prototype.entries.call(value)])
            made.set(clone(key, memory), clone(item, memory));
        return made;
    }
    if (has(() => setSize.call(value))) {
        const made = remember(new Set<unknown>());
        for (const item of [...Set.prototype.values.call(value)]) made.add(clone(item, memory));
        return made;
    }
    if (isErrorOf(value)) {
        if (value instanceof DOMException)
            return remember(new DOMException(value.message, value.name));
        return cloneError(value as Error, memory);
    }
    if (Array.isArray(value)) {
        const made = remember<unknown[]>([]);
        made.length = value.length;
        return cloneProperties(value, made, memory);
    }
    if (platformTags.test(nameOf(value))) return refuse(value);
    return cloneProperties(value, remember({}), memory);
}

function clone(value: unknown, memory: Memory): unknown {
    if (typeof value === "symbol" || typeof value === "function") return refuse(value);
    if (typeof value !== "object" || value === null) return value;
    return memory.get(value) ?? cloneObject(value, memory);
}

export function structuredClone(
    value: unknown,
    options?: { readonly transfer?: Iterable<ArrayBuffer> },
): unknown {
    const transfer = [...(options?.transfer ?? [])];
    for (const buffer of transfer) {
        const isFree =
            has(() => byteLength.call(buffer)) && !(buffer as { detached?: boolean }).detached;
        if (!isFree || new Set(transfer).size !== transfer.length)
            throw new DOMException("a value could not be transferred.", "DataCloneError");
    }
    // Copied, and taken away only when everything could be: a failure changes nothing.
    const copy = clone(value, new Map());
    for (const buffer of transfer) (buffer as unknown as { transfer(): void }).transfer();
    return copy;
}

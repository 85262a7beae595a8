// SPDX-License-Identifier: MIT
// The types of the globals that come from the web: URL, events, AbortSignal, structuredClone,
// crypto. They are made when a script first names them.

/** An error with a name of the web's: `"AbortError"`, `"TimeoutError"`, `"DataCloneError"`, … */
interface DOMException extends Error {
    /** The old number of the name; 0 where there is none. */
    readonly code: number;
}

declare var DOMException: {
    readonly prototype: DOMException;
    /** @param name default `"Error"` */
    new (message?: string, name?: string): DOMException;
    readonly [constant: `${string}_ERR`]: number;
};

/**
 * A URL of the WHATWG standard, parsed by whatwg-url. Host names that are not ASCII go through
 * Unicode's NFKC and Punycode; that the standard forbids some more characters is not checked.
 */
interface URL {
    /** All of it. @throws TypeError when something is assigned that is no URL */
    href: string;
    readonly origin: string;
    /** With its colon: `"http:"`. */
    protocol: string;
    username: string;
    password: string;
    /** Name and port. */
    host: string;
    hostname: string;
    /** `""` for the protocol's own. */
    port: string;
    pathname: string;
    /** With its question mark, or `""`. */
    search: string;
    /** What is changed here changes `search`. */
    readonly searchParams: URLSearchParams;
    /** With its `#`, or `""`. */
    hash: string;
    toString(): string;
    toJSON(): string;
}

declare var URL: {
    readonly prototype: URL;
    /** @throws TypeError with code `"ERR_INVALID_URL"` */
    new (url: string | URL, base?: string | URL): URL;
    /** Whether `new URL` would not throw. */
    canParse(url: string | URL, base?: string | URL): boolean;
    /** Null where `new URL` would throw. */
    parse(url: string | URL, base?: string | URL): URL | null;
};

/** The pairs of a query. */
interface URLSearchParams {
    readonly size: number;
    append(name: string, value: string): void;
    /** All of the name, or only those of this value. */
    delete(name: string, value?: string): void;
    /** The first of the name. */
    get(name: string): string | null;
    getAll(name: string): string[];
    has(name: string, value?: string): boolean;
    /** One pair of the name, in place of all. */
    set(name: string, value: string): void;
    /** By name; pairs of the same name keep their order. */
    sort(): void;
    forEach(
        callback: (value: string, name: string, params: URLSearchParams) => void,
        thisArg?: unknown,
    ): void;
    entries(): Generator<[string, string], undefined>;
    keys(): Generator<string, undefined>;
    values(): Generator<string, undefined>;
    [Symbol.iterator](): Generator<[string, string], undefined>;
    /** Without a question mark. */
    toString(): string;
}

declare var URLSearchParams: {
    readonly prototype: URLSearchParams;
    /** @throws TypeError if an entry is no pair */
    new (
        init?: string | Iterable<readonly [string, string]> | Readonly<Record<string, string>>,
    ): URLSearchParams;
};

interface EventInit {
    bubbles?: boolean;
    /** Whether `preventDefault` does something. Default `false`. */
    cancelable?: boolean;
    composed?: boolean;
}

/** Something that happened. There is no tree of nodes: only the target itself is told. */
interface Event {
    readonly type: string;
    readonly bubbles: boolean;
    readonly cancelable: boolean;
    readonly composed: boolean;
    /** On `performance.now()`'s clock. */
    readonly timeStamp: number;
    readonly target: EventTarget | null;
    /** Null while it is not being dispatched. */
    readonly currentTarget: EventTarget | null;
    /** 0, or 2 while it is being dispatched. */
    readonly eventPhase: number;
    readonly defaultPrevented: boolean;
    /** False for those that a script dispatches. */
    readonly isTrusted: boolean;
    composedPath(): EventTarget[];
    preventDefault(): void;
    stopPropagation(): void;
    /** The listeners that come later are not called. */
    stopImmediatePropagation(): void;
    readonly NONE: 0;
    readonly CAPTURING_PHASE: 1;
    readonly AT_TARGET: 2;
    readonly BUBBLING_PHASE: 3;
}

declare var Event: {
    readonly prototype: Event;
    new (type: string, init?: EventInit): Event;
    readonly NONE: 0;
    readonly CAPTURING_PHASE: 1;
    readonly AT_TARGET: 2;
    readonly BUBBLING_PHASE: 3;
};

/** An event that carries something. */
interface CustomEvent<T = unknown> extends Event {
    readonly detail: T;
}

declare var CustomEvent: {
    readonly prototype: CustomEvent;
    new <T = null>(type: string, init?: EventInit & { detail?: T }): CustomEvent<T>;
};

type EventListener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

interface AddEventListenerOptions {
    capture?: boolean;
    /** Called at most once. */
    once?: boolean;
    passive?: boolean;
    /** The listener is taken away when this is aborted. */
    signal?: AbortSignal;
}

/** Calls listeners, in the order in which they were added. An error of one is uncaught. */
interface EventTarget {
    addEventListener(
        type: string,
        listener: EventListener | null,
        options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener(
        type: string,
        listener: EventListener | null,
        options?: boolean | { capture?: boolean },
    ): void;
    /** False if a listener has called `preventDefault`. @throws DOMException if it is being dispatched */
    dispatchEvent(event: Event): boolean;
}

declare var EventTarget: {
    readonly prototype: EventTarget;
    new (): EventTarget;
};

/** Says that something shall end. */
interface AbortSignal extends EventTarget {
    readonly aborted: boolean;
    /** Undefined until it is aborted. */
    readonly reason: unknown;
    /** Called with the event `abort`. */
    onabort: ((event: Event) => unknown) | null;
    throwIfAborted(): void;
}

declare var AbortSignal: {
    readonly prototype: AbortSignal;
    /** One that is aborted already. */
    abort(reason?: unknown): AbortSignal;
    /** Aborted with a `TimeoutError` after `ms`. It keeps the program running until then. */
    timeout(ms: number): AbortSignal;
    /** Aborted with the first of `signals`. */
    any(signals: Iterable<AbortSignal>): AbortSignal;
};

interface AbortController {
    readonly signal: AbortSignal;
    /** @param reason default: a DOMException `AbortError` */
    abort(reason?: unknown): void;
}

declare var AbortController: {
    readonly prototype: AbortController;
    new (): AbortController;
};

/**
 * A deep copy: plain data, Map, Set, Date, RegExp, errors, buffers and their views, cycles. Objects
 * of classes become plain ones.
 * @param options `transfer`: buffers that are empty afterwards
 * @throws DOMException `DataCloneError` for functions, symbols and other things that have no copy
 */
declare function structuredClone<T>(value: T, options?: { transfer?: Iterable<ArrayBuffer> }): T;

/** Random numbers of the kernel. */
interface Crypto {
    /**
     * Fills `array` and returns it: at most 65,536 bytes, whole numbers.
     * @throws DOMException `TypeMismatchError`, `QuotaExceededError`
     */
    getRandomValues<T extends ArrayBufferView>(array: T): T;
    /** A version 4 UUID. */
    randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
}

declare var crypto: Crypto;

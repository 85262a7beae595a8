// SPDX-License-Identifier: MIT
// Event, CustomEvent, EventTarget, AbortSignal, AbortController: the standard's, without a tree of
// nodes. Embedded as bytecode, loaded when a script names one of them.
// Source of the rules: https://dom.spec.whatwg.org/#events

const NONE = 0;
const AT_TARGET = 2;
const INSPECT = Symbol.for("nodejs.util.inspect.custom");
/** Given to a constructor that scripts must not call. */
const SECRET = Symbol("maixjs");

interface EventState {
    target: EventTarget_ | null;
    phase: number;
    isDispatched: boolean;
    isStopped: boolean;
    isCanceled: boolean;
    isPassive: boolean;
    isTrusted: boolean;
}

let stateOf: (event: Event_) => EventState;

class Event_ {
    readonly type: string;
    readonly bubbles: boolean;
    readonly cancelable: boolean;
    readonly composed: boolean;
    readonly timeStamp = performance.now();
    #state: EventState = {
        target: null,
        phase: NONE,
        isDispatched: false,
        isStopped: false,
        isCanceled: false,
        isPassive: false,
        isTrusted: false,
    };

    static {
        stateOf = (event) => event.#state;
    }

    constructor(type: string, init?: EventInit) {
        if (type === undefined) throw new TypeError("Event needs a type");
        if (init !== undefined && init !== null && typeof init !== "object")
            throw new TypeError("an event's options must be an object");
        this.type = `${type}`;
        this.bubbles = Boolean(init?.bubbles);
        this.cancelable = Boolean(init?.cancelable);
        this.composed = Boolean(init?.composed);
    }

    get target(): EventTarget_ | null {
        return this.#state.target;
    }

    get currentTarget(): EventTarget_ | null {
        return this.#state.phase === NONE ? null : this.#state.target;
    }

    get eventPhase(): number {
        return this.#state.phase;
    }

    get defaultPrevented(): boolean {
        return this.#state.isCanceled;
    }

    get isTrusted(): boolean {
        return this.#state.isTrusted;
    }

    composedPath(): EventTarget_[] {
        const target = this.currentTarget;
        return target === null ? [] : [target];
    }

    preventDefault(): void {
        if (this.cancelable && !this.#state.isPassive) this.#state.isCanceled = true;
    }

    /** There is no tree: nothing lies between the target and its end. */
    stopPropagation(): void {}

    stopImmediatePropagation(): void {
        this.#state.isStopped = true;
    }

    [INSPECT](): object {
        const { type, defaultPrevented, cancelable, timeStamp } = this;
        const shown = { type, defaultPrevented, cancelable, timeStamp };
        return Object.assign(Object.create({ constructor: this.constructor }) as object, shown);
    }
}

interface EventInit {
    readonly bubbles?: boolean;
    readonly cancelable?: boolean;
    readonly composed?: boolean;
}

class CustomEvent_ extends Event_ {
    readonly detail: unknown;

    constructor(type: string, init?: EventInit & { readonly detail?: unknown }) {
        super(type, init);
        this.detail = init?.detail ?? null;
    }
}

type Callback = ((event: Event_) => unknown) | { handleEvent(event: Event_): unknown };

interface Listener {
    readonly callback: Callback;
    readonly isCapture: boolean;
    readonly isOnce: boolean;
    readonly isPassive: boolean;
    isRemoved: boolean;
}

interface ListenerOptions {
    readonly capture?: boolean;
    readonly once?: boolean;
    readonly passive?: boolean;
    readonly signal?: AbortSignal_;
}

/** An uncaught error of its own, not the dispatcher's: the other listeners still run. */
function report(error: unknown): void {
    queueMicrotask(() => {
        throw error;
    });
}

function callListener(target: EventTarget_, listener: Listener, event: Event_): void {
    const state = stateOf(event);
    state.isPassive = listener.isPassive;
    try {
        const { callback } = listener;
        if (typeof callback === "function") callback.call(target, event);
        else callback.handleEvent(event);
    } catch (error) {
        report(error);
    }
    state.isPassive = false;
}

let dispatch: (target: EventTarget_, event: Event_) => boolean;

class EventTarget_ {
    #listeners = new Map<string, Listener[]>();

    static {
        dispatch = (target, event) => target.#dispatch(event);
    }

    addEventListener(
        type: string,
        callback: Callback | null,
        options?: boolean | ListenerOptions,
    ): void {
        const list = this.#listeners;
        if (callback === undefined) throw new TypeError("addEventListener needs a listener");
        const isObject = typeof options === "object" && options !== null;
        const given: ListenerOptions = isObject ? options : { capture: Boolean(options) };
        const { signal } = given;
        if (signal !== undefined && !isSignal(signal))
            throw new TypeError("the option signal must be an AbortSignal");
        if (callback === null || signal?.aborted === true) return;
        if (typeof callback !== "function" && typeof callback !== "object")
            throw new TypeError("a listener must be a function or an object");
        const name = `${type}`;
        const isCapture = Boolean(given.capture);
        const known = list.get(name) ?? [];
        if (known.some((one) => one.callback === callback && one.isCapture === isCapture)) return;
        const isOnce = Boolean(given.once);
        const isPassive = Boolean(given.passive);
        const listener = { callback, isCapture, isOnce, isPassive, isRemoved: false };
        list.set(name, [...known, listener]);
        signal?.addEventListener("abort", () => this.#remove(name, listener), { once: true });
    }

    removeEventListener(
        type: string,
        callback: Callback | null,
        options?: boolean | ListenerOptions,
    ): void {
        if (callback === undefined) throw new TypeError("removeEventListener needs a listener");
        const isObject = typeof options === "object" && options !== null;
        const isCapture = Boolean(isObject ? options.capture : options);
        const found = this.#listeners
            .get(`${type}`)
            ?.find((one) => one.callback === callback && one.isCapture === isCapture);
        if (found !== undefined) this.#remove(`${type}`, found);
    }

    #remove(type: string, listener: Listener): void {
        listener.isRemoved = true;
        const left = this.#listeners.get(type)?.filter((one) => one !== listener) ?? [];
        if (left.length > 0) this.#listeners.set(type, left);
        else this.#listeners.delete(type);
    }

    dispatchEvent(event: Event_): boolean {
        const list = this.#listeners; // a TypeError where `this` is something else
        if (!(event instanceof Event_) || list === undefined)
            throw new TypeError("dispatchEvent needs an Event");
        const state = stateOf(event);
        if (state.isDispatched)
            throw new DOMException("the event is being dispatched", "InvalidStateError");
        state.isTrusted = false;
        return this.#dispatch(event);
    }

    #dispatch(event: Event_): boolean {
        const state = stateOf(event);
        state.isDispatched = true;
        state.isStopped = false;
        state.target = this;
        state.phase = AT_TARGET;
        const listeners = this.#listeners.get(event.type) ?? [];
        for (const isCapture of [true, false]) {
            for (const listener of listeners) {
                if (listener.isRemoved || listener.isCapture !== isCapture) continue;
                if (state.isStopped) break;
                if (listener.isOnce) this.#remove(event.type, listener);
                callListener(this, listener, event);
            }
        }
        state.phase = NONE;
        state.isDispatched = false;
        return !state.isCanceled;
    }
}

function fire(target: EventTarget_, type: string): void {
    const event = new Event_(type);
    stateOf(event).isTrusted = true;
    dispatch(target, event);
}

let abort: (signal: AbortSignal_, reason: unknown) => void;
let isSignal: (value: unknown) => boolean;

class AbortSignal_ extends EventTarget_ {
    #isAborted = false;
    #reason: unknown = undefined;
    #handler: ((event: Event_) => unknown) | null = null;
    #isHandled = false;
    /** Signals made by `any` of this one. */
    #followers: AbortSignal_[] = [];
    #sources: AbortSignal_[] = [];

    static {
        abort = (signal, reason) => signal.#abort(reason);
        isSignal = (value) => typeof value === "object" && value !== null && #isAborted in value;
    }

    constructor(secret?: symbol) {
        super();
        if (secret !== SECRET) throw new TypeError("Illegal constructor");
    }

    static abort(reason?: unknown): AbortSignal_ {
        const signal = new AbortSignal_(SECRET);
        signal.#isAborted = true;
        signal.#reason = reason === undefined ? aborted() : reason;
        return signal;
    }

    static timeout(ms: number): AbortSignal_ {
        const time = Number(ms);
        if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER))
            throw new RangeError("a time-out must be from 0 to 9007199254740991 ms");
        const signal = new AbortSignal_(SECRET);
        startTimer(Math.trunc(time), () => {
            signal.#abort(new DOMException("The operation timed out", "TimeoutError"));
        });
        return signal;
    }

    static any(signals: Iterable<AbortSignal_>): AbortSignal_ {
        const list = [...signals];
        for (const one of list) {
            if (!isSignal(one)) throw new TypeError("AbortSignal.any needs AbortSignals");
        }
        const signal = new AbortSignal_(SECRET);
        const done = list.find((one) => one.#isAborted);
        if (done !== undefined) {
            signal.#isAborted = true;
            signal.#reason = done.#reason;
            return signal;
        }
        const isMade = (one: AbortSignal_): boolean => one.#sources.length > 0;
        signal.#sources = [...new Set(list.flatMap((one) => (isMade(one) ? one.#sources : [one])))];
        for (const one of signal.#sources) one.#followers.push(signal);
        return signal;
    }

    #abort(reason: unknown): void {
        if (this.#isAborted) return;
        const why = reason === undefined ? aborted() : reason;
        const all = [this, ...this.#followers].filter((one) => !one.#isAborted);
        this.#followers = [];
        // All are aborted before any listener runs.
        for (const one of all) {
            one.#isAborted = true;
            one.#reason = why;
            for (const source of one.#sources)
                source.#followers = source.#followers.filter((follower) => follower !== one);
        }
        for (const one of all) fire(one, "abort");
    }

    get aborted(): boolean {
        return this.#isAborted;
    }

    get reason(): unknown {
        return this.#reason;
    }

    get onabort(): ((event: Event_) => unknown) | null {
        return this.#handler;
    }
    set onabort(handler: ((event: Event_) => unknown) | null) {
        this.#handler = typeof handler === "function" ? handler : null;
        if (this.#isHandled) return;
        this.#isHandled = true;
        this.addEventListener("abort", (event) => this.#handler?.call(this, event));
    }

    throwIfAborted(): void {
        if (this.#isAborted) throw this.#reason;
    }

    [INSPECT](): object {
        const shown = { aborted: this.#isAborted };
        return Object.assign(Object.create({ constructor: AbortSignal_ }) as object, shown);
    }
}

function aborted(): DOMException {
    return new DOMException("This operation was aborted", "AbortError");
}

/** Waits in steps: a timer takes at most 2^31 - 1 ms. */
function startTimer(ms: number, done: () => void): void {
    const step = Math.min(ms, 2 ** 31 - 1);
    setTimeout(() => (ms > step ? startTimer(ms - step, done) : done()), step);
}

class AbortController_ {
    #signal = new AbortSignal_(SECRET);

    get signal(): AbortSignal_ {
        return this.#signal;
    }

    abort(reason?: unknown): void {
        abort(this.#signal, reason);
    }

    [INSPECT](): object {
        const shown = { signal: this.#signal };
        return Object.assign(Object.create({ constructor: AbortController_ }) as object, shown);
    }
}

for (const holder of [Event_, Event_.prototype]) {
    for (const [value, name] of [
        "NONE",
        "CAPTURING_PHASE",
        "AT_TARGET",
        "BUBBLING_PHASE",
    ].entries())
        Object.defineProperty(holder, name, { value, enumerable: true });
}
// Named here: the bundler gives the classes other names.
for (const [name, made] of Object.entries({
    Event: Event_,
    CustomEvent: CustomEvent_,
    EventTarget: EventTarget_,
    AbortSignal: AbortSignal_,
    AbortController: AbortController_,
})) {
    Object.defineProperty(made, "name", { value: name });
    Object.defineProperty(made.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

export {
    AbortController_ as AbortController,
    AbortSignal_ as AbortSignal,
    CustomEvent_ as CustomEvent,
    EventTarget_ as EventTarget,
    Event_ as Event,
};

// SPDX-License-Identifier: MIT
// URL and URLSearchParams: the standard's classes around whatwg-url's parser, which is the
// standard's algorithm word for word. Embedded as bytecode, loaded when a script says URL.
// Source of the rules: https://url.spec.whatwg.org/

import urlencoded from "whatwg-url/lib/urlencoded.js";
import machine, { type UrlRecord } from "whatwg-url/lib/url-state-machine.js";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** A string as Web IDL's USVString: lone surrogates become U+FFFD. */
function text(value: unknown): string {
    return (`${value as string}` as string & { toWellFormed(): string }).toWellFormed();
}

function pairsOf(init: unknown): [string, string][] {
    if ((typeof init !== "object" && typeof init !== "function") || init === null) {
        const given = text(init);
        return urlencoded.parseUrlencodedString(given.startsWith("?") ? given.slice(1) : given);
    }
    const makeIterator: unknown = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
    if (makeIterator === undefined || makeIterator === null) {
        const record = init as Record<string, unknown>;
        const pairs = new Map<string, string>();
        for (const key of Reflect.ownKeys(record)) {
            const isListed = Object.getOwnPropertyDescriptor(record, key)?.enumerable === true;
            if (!isListed) continue;
            if (typeof key === "symbol") throw new TypeError("a name must be a string");
            pairs.set(text(key), text(record[key]));
        }
        return [...pairs];
    }
    const pairs: [string, string][] = [];
    for (const entry of init as Iterable<unknown>) {
        const isObject = typeof entry === "object" && entry !== null;
        const pair = isObject ? [...(entry as Iterable<unknown>)] : [];
        if (pair.length !== 2) throw new TypeError("each entry must be a pair of name and value");
        pairs.push([text(pair[0]), text(pair[1])]);
    }
    return pairs;
}

/** What is behind a URLSearchParams, so that its URL can reach it. */
interface Params {
    pairs: [string, string][];
    changed: () => void;
}

let paramsOf: (params: URLSearchParams) => Params;

class SearchParams {
    #params: Params;

    static {
        paramsOf = (params) => (params as unknown as SearchParams).#params;
    }

    constructor(init: unknown = "") {
        this.#params = { pairs: pairsOf(init), changed: () => {} };
    }

    get size(): number {
        return this.#params.pairs.length;
    }

    append(name: string, value: string): void {
        this.#params.pairs.push([text(name), text(value)]);
        this.#params.changed();
    }

    delete(name: string, value?: string): void {
        const [key, only] = [text(name), value === undefined ? undefined : text(value)];
        this.#params.pairs = this.#params.pairs.filter(
            ([at, one]) => at !== key || (only !== undefined && one !== only),
        );
        this.#params.changed();
    }

    get(name: string): string | null {
        const key = text(name);
        return this.#params.pairs.find(([at]) => at === key)?.[1] ?? null;
    }

    getAll(name: string): string[] {
        const key = text(name);
        return this.#params.pairs.filter(([at]) => at === key).map(([, value]) => value);
    }

    has(name: string, value?: string): boolean {
        const [key, only] = [text(name), value === undefined ? undefined : text(value)];
        return this.#params.pairs.some(
            ([at, one]) => at === key && (only === undefined || one === only),
        );
    }

    set(name: string, value: string): void {
        const [key, one] = [text(name), text(value)];
        const { pairs } = this.#params;
        const first = pairs.findIndex(([at]) => at === key);
        if (first < 0) pairs.push([key, one]);
        else {
            this.#params.pairs = pairs.filter(([at], index) => at !== key || index === first);
            this.#params.pairs[first] = [key, one];
        }
        this.#params.changed();
    }

    sort(): void {
        this.#params.pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
        this.#params.changed();
    }

    forEach(
        callback: (value: string, name: string, params: SearchParams) => void,
        thisArg?: unknown,
    ): void {
        if (typeof callback !== "function") throw new TypeError("forEach needs a function");
        for (const [name, value] of this) callback.call(thisArg, value, name, this);
    }

    *entries(): Generator<[string, string], undefined> {
        // By index: what is added or deleted meanwhile counts.
        for (let i = 0; i < this.#params.pairs.length; i++) {
            const [name, value] = this.#params.pairs[i] as [string, string];
            yield [name, value];
        }
    }

    *keys(): Generator<string, undefined> {
        for (const [name] of this.entries()) yield name;
    }

    *values(): Generator<string, undefined> {
        for (const [, value] of this.entries()) yield value;
    }

    [Symbol.iterator](): Generator<[string, string], undefined> {
        return this.entries();
    }

    toString(): string {
        return urlencoded.serializeUrlencoded(this.#params.pairs);
    }

    /** How console.log shows it. */
    [INSPECT](): object {
        const proto: object = Object.create(Map.prototype, {
            constructor: { value: SearchParams },
            [Symbol.toStringTag]: { value: "URLSearchParams" },
        });
        return Object.setPrototypeOf(new Map(this.#params.pairs), proto) as object;
    }
}

function parse(input: unknown, base: unknown): UrlRecord {
    const url = text(input);
    let baseURL: UrlRecord | null = null;
    if (base !== undefined) {
        baseURL = machine.basicURLParse(text(base));
        if (baseURL === null) throw invalid(url, text(base));
    }
    const record = machine.basicURLParse(url, { baseURL });
    if (record === null) throw invalid(url, base === undefined ? undefined : text(base));
    return record;
}

/** As Node's: with a `code`, and what could not be parsed. */
function invalid(input: string, base: string | undefined): TypeError {
    const error = new TypeError("Invalid URL");
    // The stack begins at the script's own line, where the engine can do that.
    const { captureStackTrace } = Error as { captureStackTrace?: (e: Error, f: unknown) => void };
    captureStackTrace?.(error, Url);
    return Object.assign(error, { code: "ERR_INVALID_URL", input }, base !== undefined && { base });
}

class Url {
    #url: UrlRecord;
    #params: URLSearchParams;

    constructor(input: unknown, base?: unknown) {
        this.#url = parse(input, base);
        this.#params = new SearchParams() as unknown as URLSearchParams;
        this.#readQuery(this.#url.query);
        paramsOf(this.#params).changed = () => {
            const query = this.#params.toString();
            this.#url.query = query === "" ? null : query;
        };
    }

    static canParse(input: unknown, base?: unknown): boolean {
        return Url.parse(input, base) !== null;
    }

    static parse(input: unknown, base?: unknown): Url | null {
        const [url, from] = [text(input), base === undefined ? undefined : text(base)];
        try {
            return new Url(url, from);
        } catch {
            return null;
        }
    }

    #readQuery(query: string | null): void {
        paramsOf(this.#params).pairs = urlencoded.parseUrlencodedString(query ?? "");
    }

    /** Runs one state of the parser over this URL, as most setters do. */
    #override(input: string, stateOverride: string): void {
        machine.basicURLParse(input, { url: this.#url, stateOverride });
    }

    get href(): string {
        return machine.serializeURL(this.#url);
    }
    set href(value: string) {
        this.#url = parse(value, undefined);
        this.#readQuery(this.#url.query);
    }

    get origin(): string {
        return machine.serializeURLOrigin(this.#url);
    }

    get protocol(): string {
        return `${this.#url.scheme}:`;
    }
    set protocol(value: string) {
        this.#override(`${text(value)}:`, "scheme start");
    }

    get username(): string {
        return this.#url.username;
    }
    set username(value: string) {
        if (machine.cannotHaveAUsernamePasswordPort(this.#url)) return;
        machine.setTheUsername(this.#url, text(value));
    }

    get password(): string {
        return this.#url.password;
    }
    set password(value: string) {
        if (machine.cannotHaveAUsernamePasswordPort(this.#url)) return;
        machine.setThePassword(this.#url, text(value));
    }

    get host(): string {
        return this.#url.port === null ? this.hostname : `${this.hostname}:${this.#url.port}`;
    }
    set host(value: string) {
        if (!machine.hasAnOpaquePath(this.#url)) this.#override(text(value), "host");
    }

    get hostname(): string {
        return this.#url.host === null ? "" : machine.serializeHost(this.#url.host);
    }
    set hostname(value: string) {
        if (!machine.hasAnOpaquePath(this.#url)) this.#override(text(value), "hostname");
    }

    get port(): string {
        return this.#url.port === null ? "" : String(this.#url.port);
    }
    set port(value: string) {
        const given = text(value);
        if (machine.cannotHaveAUsernamePasswordPort(this.#url)) return;
        if (given === "") this.#url.port = null;
        else this.#override(given, "port");
    }

    get pathname(): string {
        return machine.serializePath(this.#url);
    }
    set pathname(value: string) {
        const given = text(value);
        if (machine.hasAnOpaquePath(this.#url)) return;
        this.#url.path = [];
        this.#override(given, "path start");
    }

    get search(): string {
        return this.#url.query ? `?${this.#url.query}` : "";
    }
    set search(value: string) {
        const given = text(value).replace(/^\?/, "");
        const isCleared = `${value}` === "";
        this.#url.query = isCleared ? null : "";
        if (!isCleared) this.#override(given, "query");
        this.#readQuery(given);
    }

    get searchParams(): URLSearchParams {
        return this.#params;
    }

    get hash(): string {
        return this.#url.fragment ? `#${this.#url.fragment}` : "";
    }
    set hash(value: string) {
        const given = text(value);
        this.#url.fragment = given === "" ? null : "";
        if (given !== "") this.#override(given.replace(/^#/, ""), "fragment");
    }

    toString(): string {
        return this.href;
    }

    toJSON(): string {
        return this.href;
    }

    /** How console.log shows it, as Node does. */
    [INSPECT](): object {
        const { href, origin, protocol, username, password, host } = this;
        const { hostname, port, pathname, search, searchParams, hash } = this;
        return Object.assign(Object.create({ constructor: Url }) as object, {
            ...{ href, origin, protocol, username, password, host },
            ...{ hostname, port, pathname, search, searchParams, hash },
        });
    }
}

for (const [name, made] of [
    ["URL", Url],
    ["URLSearchParams", SearchParams],
] as const) {
    Object.defineProperty(made, "name", { value: name });
    Object.defineProperty(made.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

export { SearchParams as URLSearchParams, Url as URL };

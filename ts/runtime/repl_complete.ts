// SPDX-License-Identifier: MIT
// What Tab offers: names of variables and properties, and modules. Nothing of the session's code
// runs for it: no getter, no proxy.

export interface Names {
    readonly start: number;
    readonly names: readonly string[];
}

const PROTOTYPES_MAX = 20;
const NAMES_MAX = 2000;
const CHAIN = /(?:^|[^\w$.)\]"'`])((?:[A-Za-z_$][\w$]*\??\.)*)([A-Za-z_$][\w$]*)?$/;
const MODULE = /(?:\bfrom|\bimport\s*\(?)\s*["']([\w:]*)$/;

type IsProxy = (value: unknown) => boolean;

function objectOf(value: unknown): object | undefined {
    if (value === null || value === undefined) return undefined;
    return Object(value) as object;
}

function* prototypes(value: unknown, isProxy: IsProxy): Generator<object> {
    let at = objectOf(value);
    for (let i = 0; at !== undefined && i < PROTOTYPES_MAX && !isProxy(at); i += 1) {
        yield at;
        at = (Object.getPrototypeOf(at) as object | null) ?? undefined;
    }
}

function dataValue(value: unknown, name: string, isProxy: IsProxy): unknown {
    for (const object of prototypes(value, isProxy)) {
        const found = Object.getOwnPropertyDescriptor(object, name);
        if (found !== undefined) return found.value as unknown;
    }
    return undefined;
}

export function complete(
    before: string,
    global: object,
    modules: readonly string[],
    isProxy: IsProxy,
): Names {
    const module = MODULE.exec(before)?.[1];
    if (module !== undefined) {
        const names = modules.filter((one) => one.startsWith(module));
        return { start: before.length - module.length, names };
    }
    const match = CHAIN.exec(before);
    if (match === null) return { start: before.length, names: [] };
    const [, chain = "", prefix = ""] = match;
    const none = { start: before.length, names: [] };
    if (chain === "" && prefix === "") return none;
    let value: unknown = global;
    for (const name of chain.split(/\??\./).slice(0, -1)) {
        value = dataValue(value, name, isProxy);
        if (value === undefined) return none;
    }
    const names = new Set<string>();
    for (const object of prototypes(value, isProxy)) {
        for (const name of Object.getOwnPropertyNames(object)) {
            if (names.size >= NAMES_MAX) break;
            if (name.startsWith(prefix) && /^[A-Za-z_$][\w$]*$/.test(name)) names.add(name);
        }
    }
    return { start: before.length - prefix.length, names: [...names].sort() };
}

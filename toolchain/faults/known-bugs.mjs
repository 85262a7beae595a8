// SPDX-License-Identifier: MIT
// Bugs of the engine that changed scripts have found: listed, so that new ones show.

/** `report`: what the report of it holds; `input`: what the script holds.
 * @type {readonly { what: string, report: RegExp, input: RegExp }[]} */
export const knownBugs = [
    {
        what:
            "QuickJS-ng 0.16.2: a WeakMap from a symbol to the FinalizationRegistry in which the " +
            "symbol is registered is never freed. A leak at the end; an assertion where there are any",
        report: /JS_FreeRuntime.*Assertion `list_empty\(&rt->gc_obj_list\)' failed/,
        input: /FinalizationRegistry|WeakMap|WeakSet|WeakRef/,
    },
];

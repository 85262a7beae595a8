// SPDX-License-Identifier: MIT
// Bugs of the engine that changed scripts have found: listed, so that new ones show.

/** `report`: what the report of it holds; `input`: what the script holds.
 * @type {readonly { what: string, report: RegExp, input: RegExp }[]} */
export const knownBugs = [
    {
        what:
            "QuickJS-ng 0.16.2: a symbol that lives to the end and is the key of a WeakMap's entry " +
            "whose value is the FinalizationRegistry that it is registered in is not freed: a leak " +
            "at the end, and an assertion where there are any",
        report: /JS_FreeRuntime.*Assertion `list_empty\(&rt->gc_obj_list\)' failed/,
        input: /FinalizationRegistry|WeakMap|WeakSet|WeakRef/,
    },
    {
        what:
            "QuickJS-ng 0.16.2: what was assigned to Error.stackTraceLimit, where it is a function or object and a " +
            "number replaces it, is not freed: the same leak, the same assertion",
        report: /JS_FreeRuntime.*Assertion `list_empty\(&rt->gc_obj_list\)' failed/,
        input: /Error\.stackTraceLimit\s*=/,
    },
    {
        what:
            "QuickJS-ng 0.16.2: an object that is no function as Error.prepareStackTrace is not freed " +
            "once a module throws: the same leak, the same assertion",
        report: /JS_FreeRuntime.*Assertion `list_empty\(&rt->gc_obj_list\)' failed/,
        input: /Error\.prepareStackTrace\s*=/,
    },
];

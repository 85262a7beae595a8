// SPDX-License-Identifier: MIT
// modules/MAIXPY.md against the executable: every name of ours on it is there, and the other way round.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { root } from "../support/files.ts";
import { evaluate } from "../support/run.ts";

const modules = ["app", "audio", "err", "fs", "key", "log", "sys", "time"];

interface Row {
    readonly maixpy: string;
    readonly ours: string;
    readonly note: string;
}

const text = readFileSync(join(root, "modules/MAIXPY.md"), "utf8");
const nameOf = (cell: string): string => /^`([\w.]+)`$/.exec(cell)?.[1] ?? "";

function section(title: string): string {
    return text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
}

/** The rows of a table; the first two lines are its head. */
function cells(title: string): string[][] {
    const lines = section(title)
        .split("\n")
        .filter((line) => line.startsWith("|"));
    return lines.slice(2).map((line) =>
        line
            .split("|")
            .slice(1, -1)
            .map((cell) => cell.trim()),
    );
}

function rowsOf(name: string): Row[] {
    return cells(name).map(([maixpy = "", ours = "", note = ""]) => ({ maixpy, ours, note }));
}

/**
 * Names as the page has them: exports, and `Class.member` for what a class has. Members of constants
 * (`Format`, `Err`) are in the .d.ts.
 */
const listing = `
    const all = await import("maix");
    const members = (Class, args) => {
        const names = [...Object.getOwnPropertyNames(Class.prototype), ...Object.getOwnPropertyNames(Class)];
        if (args) names.push(...Object.getOwnPropertyNames(new Class(...args)));
        const hidden = ["constructor", "length", "name", "prototype", "message", "stack"];
        return names.filter((name) => !hidden.includes(name));
    };
    const isClass = (name, value) => typeof value === "function" && /^[A-Z]/.test(name);
    // Made to see their fields.
    const made = { Exception: [1], DateTime: [], Version: [] };
    const unnamed = [];
    for (const module of ${JSON.stringify(modules)}) {
        const names = [];
        for (const [name, value] of Object.entries(all[module])) {
            names.push(name);
            if (!isClass(name, value)) continue;
            names.push(...members(value, made[name]).map((member) => name + "." + member));
            if (value.name !== name) unnamed.push(name);
        }
        out([module, [...new Set(names)]]);
    }
    out(["", Object.keys(all)]);
    out(["unnamed", unnamed]);
`;

let exported: Map<string, string[]>;

beforeAll(async () => {
    exported = new Map((await evaluate(listing)) as [string, string[]][]);
});

describe("MAIXPY.md", () => {
    it.each(modules)("has names of maix:%s that are there", (name) => {
        const rows = rowsOf(name);
        expect(rows.length).toBeGreaterThan(5);
        const there = exported.get(name) ?? [];
        for (const { maixpy, ours, note } of rows) {
            expect(maixpy === "—" || nameOf(maixpy) !== "", maixpy).toBe(true);
            if (ours === "—") expect(note, `${maixpy} has no reason`).not.toBe("");
            // `message` is each Error's own.
            else if (nameOf(ours) !== "Exception.message")
                expect(there, maixpy).toContain(nameOf(ours));
        }
        const given = rows.map(({ maixpy }) => maixpy).filter((cell) => cell !== "—");
        expect(new Set(given).size).toBe(given.length);
    });

    it.each(modules)("has all names of maix:%s", (name) => {
        const named = rowsOf(name).map(({ ours }) => nameOf(ours));
        const there = exported.get(name) ?? [];
        expect(there.length).toBeGreaterThan(5);
        expect(there.filter((one) => !named.includes(one))).toEqual([]);
    });

    it("has camelCase for snake_case", () => {
        const other: string[] = [];
        for (const { maixpy, ours } of modules.flatMap(rowsOf)) {
            const plain = nameOf(maixpy).replace(/_([a-z])/g, (_, letter: string) =>
                letter.toUpperCase(),
            );
            if (maixpy !== "—" && ours !== "—" && plain !== nameOf(ours)) other.push(nameOf(ours));
        }
        expect(other).toEqual(["Version.toString", "Exception.message"]);
    });

    it("has classes that know their names", () => {
        expect(exported.get("unnamed")).toEqual([]);
    });

    it("has every module of maix, and those that are not there with a line each", () => {
        expect(exported.get("")?.sort()).toEqual(modules);
        const absent = cells("Not here");
        expect(absent.length).toBeGreaterThan(30);
        for (const [name = "", why = ""] of absent) {
            expect(modules).not.toContain(nameOf(name).replace("maix.", ""));
            expect(why.length, name).toBeGreaterThan(5);
        }
    });
});

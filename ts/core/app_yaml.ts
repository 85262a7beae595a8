// SPDX-License-Identifier: MIT
// app.yaml: what an app is called and what belongs to it. Every field is checked, every problem said.

import { isMap, parseDocument } from "yaml";

import { UserError } from "./errors.ts";

/** A file or folder of the project, and its place in the app. Both relative, with slashes. */
export interface Placement {
    readonly from: string;
    readonly to: string;
}

export interface AppYaml {
    readonly id: string;
    readonly version: string;
    /** The file's fields as they are, in its order. */
    readonly fields: Readonly<Record<string, unknown>>;
    /** Relative path in the app, or "" for the launcher's own. */
    readonly icon: string;
    readonly exclude: readonly string[];
    readonly extraInclude: readonly Placement[];
    /** The white list; empty: everything but `exclude`. */
    readonly files: readonly Placement[];
}

/** What can be said of any maker's app. */
export interface AppIdentity {
    readonly id: string;
    readonly name: string;
    readonly version: string;
}

const TEXT_MAX = 1000;
const REQUIRED = ["id", "name", "version", "author", "desc"] as const;
const LISTS = ["exclude", "extra_include", "files"] as const;
const LOCALIZED = /^(name|desc)\[[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*\]$/;
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
/** MaixPy's rule for new apps, which `maixjs --app` has, too. */
const OWN_ID = /^[a-z0-9_]{1,64}$/;
const VERSION = /^(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}$/;
const ICONS = /\.(png|json)$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** A name that apps of any maker can have: it is a folder's name, a file's and an argument. */
export function isAppId(id: string): boolean {
    return ID.test(id);
}

/** What is wrong with a path in an app; null: nothing. */
export function pathProblem(path: string): string | null {
    if (path === "") return "is empty";
    if (CONTROL.test(path)) return "has control characters";
    if (path.includes("\\")) return "has a backslash; folders are separated by /";
    if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "is absolute";
    if (path.split("/").includes("..")) return "leads out of the folder";
    if (path.split("/").some((part) => Buffer.byteLength(part) > 255)) return "is too long";
    return null;
}

/** Without `./`, double and trailing slashes. */
function tidyPath(path: string): string {
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    return parts.join("/");
}

type Report = (problem: string) => void;

/** The file's top level, or a UserError with YAML's own words. PyYAML reads it as YAML 1.1. */
function parseFields(text: string, file: string): Record<string, unknown> {
    const document = parseDocument(text, { version: "1.1", prettyErrors: true });
    const [error] = document.errors;
    if (error) throw new UserError(`${file}: ${error.message.trimEnd()}`);
    if (!isMap(document.contents)) {
        throw new UserError(`${file}: not a list of fields such as \`id: my_app\``);
    }
    try {
        return document.toJS({ maxAliasCount: 100 }) as Record<string, unknown>;
    } catch (cause) {
        throw new UserError(`${file}: ${(cause as Error).message}`, { cause });
    }
}

/** One line of text that is not empty. */
function checkText(fields: Record<string, unknown>, key: string, report: Report): string {
    const value = fields[key];
    if (value === undefined || value === null || value === "") report(`${key} is missing`);
    else if (typeof value !== "string") report(`${key} is no text: write ${key}: "${value}"`);
    else if (CONTROL.test(value)) report(`${key} has more than one line`);
    else if (value.length > TEXT_MAX) report(`${key} has more than ${TEXT_MAX} characters`);
    else if (value.trim() !== value) report(`${key} has blanks around it`);
    else return value;
    return "";
}

function checkPath(path: unknown, what: string, report: Report): string {
    if (typeof path !== "string") {
        report(`${what}: ${JSON.stringify(path)} is no path`);
        return "";
    }
    const problem = pathProblem(path) ?? (tidyPath(path) === "" ? "names the whole folder" : null);
    if (problem) report(`${what}: "${path}" ${problem}`);
    return tidyPath(path);
}

function placements(value: unknown, key: string, report: Report): Placement[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) {
        return value.map((path: unknown) => {
            const from = checkPath(path, key, report);
            return { from, to: from };
        });
    }
    if (typeof value !== "object") {
        report(`${key} is no list of paths`);
        return [];
    }
    return Object.entries(value).map(([from, to]) => ({
        from: checkPath(from, key, report),
        to: checkPath(to, key, report),
    }));
}

function excluded(value: unknown, report: Report): string[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
        report("exclude is no list of paths");
        return [];
    }
    return value.map((path: unknown) => checkPath(path, "exclude", report));
}

function checkIcon(fields: Record<string, unknown>, report: Report): string {
    const { icon } = fields;
    if (icon === undefined || icon === null || icon === "") return "";
    const path = checkPath(icon, "icon", report);
    if (path !== "" && !ICONS.test(path)) report(`icon: "${path}" is neither a .png nor a .json`);
    return path;
}

function isKnown(key: string): boolean {
    return [...REQUIRED, ...LISTS, "icon"].includes(key) || LOCALIZED.test(key);
}

/** Checks everything; one UserError has all problems. `file` is what it is called in messages. */
export function parseAppYaml(text: string, file: string): AppYaml {
    const fields = parseFields(text, file);
    const problems: string[] = [];
    const report: Report = (problem) => void problems.push(problem);
    for (const key of Object.keys(fields)) {
        if (!isKnown(key)) report(`unknown field ${key}`);
        else if (LOCALIZED.test(key)) checkText(fields, key, report);
    }
    for (const key of REQUIRED) checkText(fields, key, report);
    const { id, version } = fields;
    if (typeof id === "string" && id !== "" && !OWN_ID.test(id)) {
        report(`id "${id}" is none: up to 64 of a-z, 0-9 and _`);
    }
    if (typeof version === "string" && version !== "" && !VERSION.test(version)) {
        report(`version "${version}" is none: three numbers such as 1.0.0`);
    }
    const app: AppYaml = {
        id: String(id),
        version: String(version),
        fields,
        icon: checkIcon(fields, report),
        exclude: excluded(fields.exclude, report),
        extraInclude: placements(fields.extra_include, "extra_include", report),
        files: placements(fields.files, "files", report),
    };
    if (problems.length === 1) throw new UserError(`${file}: ${problems[0]}`);
    if (problems.length > 0) {
        throw new UserError(`${file} has ${problems.length} mistakes`, {
            hint: problems.join("\n"),
        });
    }
    return app;
}

/** What every app must say of itself, whoever packed it. Unknown fields are its maker's affair. */
export function readIdentity(
    text: string,
    file: string,
): AppIdentity & { readonly fields: Readonly<Record<string, unknown>> } {
    const fields = parseFields(text, file);
    const { id, version, name } = fields;
    if (typeof id !== "string" || !isAppId(id)) {
        throw new UserError(`${file}: ${JSON.stringify(id ?? null)} is no app's id`);
    }
    if (typeof version !== "string" || !VERSION.test(version)) {
        throw new UserError(`${file}: ${JSON.stringify(version ?? null)} is no version`);
    }
    return { id, version, name: typeof name === "string" ? name : id, fields };
}

// SPDX-License-Identifier: MIT
// The apps on a board: installed, removed, listed, started at boot. Nothing runs on this machine but
// Node and ssh.

import { createHash } from "node:crypto";
import { Readable } from "node:stream";

import { type AppIdentity, isAppId, readIdentity } from "./app_yaml.ts";
import type { AppZip } from "./app_zip.ts";
import * as script from "./apps_script.ts";
import { STATUS, UserError } from "./errors.ts";
import { APPS, LAUNCHER_ID } from "./launcher.ts";
import { formatBytes, startProgress } from "./progress.ts";
import type { Device } from "./ssh.ts";
import { type TarFile, tarPieces } from "./tar.ts";

export interface InstalledApp extends AppIdentity {
    readonly startsAtBoot: boolean;
}

export interface AppList {
    readonly apps: readonly InstalledApp[];
    /** Folders among the apps that are none. */
    readonly others: readonly string[];
    /** The id in the launcher's file, installed or not; "" for none. */
    readonly autostart: string;
}

export interface Installed {
    readonly wasUpdate: boolean;
    readonly byStore: boolean;
    readonly notes: readonly string[];
}

interface Answer {
    /** The lines that are ours, without the mark. */
    readonly lines: readonly string[];
    readonly stdout: Buffer;
}

type Options = Parameters<Device["script"]>[2];

/** Runs a script of ours; its `error …` line becomes a UserError. */
async function ask(
    device: Device,
    text: string,
    args: readonly string[],
    options?: Options,
): Promise<Answer> {
    const { status, stdout, stderr } = await device.script(text, args, options);
    const lines = stdout
        .toString("utf8")
        .split("\n")
        .filter((line) => line.startsWith(script.MARK))
        .map((line) => line.slice(script.MARK.length));
    // Only of a program that failed: a file that is listed may hold such a line.
    const error = lines.find((line) => status !== 0 && line.startsWith("error "));
    if (error) throw explain(error.slice("error ".length), args[0] ?? "", device.target);
    if (status !== 0) {
        const detail = stderr.trim().split("\n").at(-1) ?? "";
        throw new UserError(`the board could not do it (status ${status}): ${detail}`);
    }
    return { lines, stdout };
}

/** What `give_up` says, for people. */
function explain(error: string, id: string, target: string): UserError {
    const [word = "", ...rest] = error.split(" ");
    const detail = rest.join(" ");
    switch (word) {
        case "none":
            return new UserError(`${target} has no ${APPS}: it is no board with Maix's launcher`);
        case "access":
            return new UserError(`${APPS} on ${target} cannot be changed`, {
                hint: "is it full or read-only, or is the user not root?",
            });
        case "missing":
            return new UserError(`${target} has no app ${id}`, {
                hint: `maixjs apps --device ${target}`,
            });
        case "running":
            return new UserError(`${id} is in use: process ${detail} works in its folder`, {
                hint: `end it first: maixjs stop --device ${target}`,
            });
        case "taken":
            return new UserError(`${APPS}/${id} on ${target} is no app's folder`);
        case "unpack":
            return new UserError(`the board could not store the app: ${detail}`, {
                hint: "nothing was changed there",
            });
        case "cut":
        case "damaged":
            return new UserError("the app did not arrive whole; nothing was changed there", {
                hint: "try again",
            });
        case "store":
            return new UserError(
                `app_store_cli failed (status ${rest[0]}): ${rest.slice(1).join(" ")}`,
            );
        default:
            return new UserError(`the board could not do it: ${error}`);
    }
}

function notesOf(lines: readonly string[]): string[] {
    return lines.filter((line) => line.startsWith("note ")).map((line) => line.slice(5));
}

/** A stream that broke off has no `done`, whatever the status. */
function mustBeDone(lines: readonly string[]): void {
    if (!lines.includes("done")) throw new UserError("the board broke off in the middle");
}

/** Throws a UserError of usage for what no app can be called. */
export function checkAppId(id: string): void {
    if (isAppId(id)) return;
    throw new UserError(`"${id}" is no app's id`, { status: STATUS.usage });
}

/** The same, and for what must not be removed. */
export function checkRemovable(id: string): void {
    checkAppId(id);
    if (id === LAUNCHER_ID) throw new UserError("without its launcher the board shows no apps");
}

/** Installs or updates an app. What the app has made stays; if it fails, the old version does. */
export async function installApp(device: Device, app: AppZip): Promise<Installed> {
    const { id, version } = app.identity;
    const { lines } = await ask(device, script.PROBE, [id]);
    const value = (key: string): string =>
        lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? "";
    if (value("running") !== "") throw explain(`running ${value("running")}`, id, device.target);
    const byStore = lines.includes("store");
    const needed = app.unpackedBytes + (byStore ? app.bytes.length : 0);
    const free = Number(value("free")) * 1024;
    if (free > 0 && free < needed) {
        throw new UserError(
            `${device.target} has ${formatBytes(free)} free, and ${id} needs ${formatBytes(needed)}`,
        );
    }
    const label = `${id} ${version} to ${device.target}`;
    const answer = byStore
        ? await send(device, label, app.bytes.length, [app.bytes], script.INSTALL_BY_STORE, [
              id,
              `${id}_v${version}.zip`,
              app.sha256,
          ])
        : await sendFiles(device, label, app);
    mustBeDone(answer.lines);
    return { wasUpdate: lines.includes("installed"), byStore, notes: notesOf(answer.lines) };
}

function sendFiles(device: Device, label: string, app: AppZip): Promise<Answer> {
    const { id } = app.identity;
    const list = app.entries.map(({ path }) => `./${path}\n`).join("");
    const own: TarFile = {
        path: script.FILE_LIST,
        data: Buffer.from(list),
        isExecutable: false,
    };
    const files = [...app.entries, own];
    const sums = files.map(({ path, data }) => {
        const sum = createHash("sha256").update(data).digest("hex");
        return `${sum}  ./${path}\n`;
    });
    // The sums come last: without them, the rest was cut off.
    const pieces = [
        ...tarPieces([
            ...files.map((file) => ({ ...file, path: `new/${file.path}` })),
            { path: "sums", data: Buffer.from(sums.join("")), isExecutable: false },
        ]),
    ];
    const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return send(device, label, total, pieces, script.INSTALL, [id, app.section]);
}

async function send(
    device: Device,
    label: string,
    totalBytes: number,
    pieces: readonly Uint8Array[],
    text: string,
    args: readonly string[],
): Promise<Answer> {
    const progress = startProgress(label, totalBytes);
    try {
        return await ask(device, text, args, {
            input: Readable.from(pieces, { objectMode: false }),
            onInput: (bytes) => progress.update(bytes),
        });
    } finally {
        progress.stop();
    }
}

/** Removes an app and all that it has made. Returns what else is worth saying. */
export async function uninstallApp(device: Device, id: string): Promise<readonly string[]> {
    checkRemovable(id);
    const { lines } = await ask(device, script.UNINSTALL, [id]);
    mustBeDone(lines);
    return notesOf(lines);
}

/** Which app starts at boot from now on; null: none. */
export async function setAutostart(device: Device, id: string | null): Promise<void> {
    if (id !== null) checkAppId(id);
    const { lines } = await ask(device, script.SET_AUTOSTART, [id ?? ""]);
    mustBeDone(lines);
}

export async function listApps(device: Device): Promise<AppList> {
    const { lines, stdout } = await ask(device, script.LIST, []);
    const autostart = /^autostart (.*)$/.exec(lines[0] ?? "")?.[1] ?? "";
    const apps: InstalledApp[] = [];
    const others: string[] = [];
    const head = Buffer.from(`${script.MARK}app `);
    for (let at = stdout.indexOf(head); at >= 0; at = stdout.indexOf(head, at)) {
        const end = stdout.indexOf("\n", at);
        const line = end < 0 ? "" : stdout.toString("utf8", at + head.length, end);
        const [, length = "", folder = ""] = /^(\d+) (.*)$/.exec(line) ?? [];
        at = end + 1 + Number(length);
        if (length === "" || at > stdout.length) {
            throw new UserError("the board's list of apps makes no sense");
        }
        const yaml = stdout.toString("utf8", end + 1, at);
        const identity = identityOf(yaml, folder);
        if (identity === null) others.push(folder);
        else apps.push({ ...identity, startsAtBoot: identity.id === autostart });
    }
    return { apps, others, autostart };
}

function identityOf(yaml: string, folder: string): AppIdentity | null {
    try {
        const { id, name, version } = readIdentity(yaml, folder);
        return id === folder ? { id, name, version } : null;
    } catch (error) {
        if (error instanceof UserError) return null;
        throw error;
    }
}

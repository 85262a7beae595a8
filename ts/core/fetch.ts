// SPDX-License-Identifier: MIT
// Brings files of a board's working folder to this machine: those that a run wrote. What the board
// says is not trusted: names are checked, and nothing is written outside of the chosen folder.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";

import { messageOf, UserError } from "./errors.ts";
import {
    ANSWER_MARK,
    type BoardRequest,
    boardProgram,
    PIECE_BYTES_MAX,
    PIECE_FAILED,
} from "./fetch_board.ts";
import { compilePattern, shownName, whyUnsafe } from "./fetch_names.ts";
import { makeFolder } from "./folder.ts";
import { formatBytes, say, startProgress } from "./progress.ts";
import type { BoardPlace } from "./session_place.ts";

/** As if SIGINT had ended this process. */
const STOPPED = 130;
const ENTRIES_MAX = 100_000;
const DEPTH_MAX = 8;
const LINE_BYTES_MAX = 65536;
const NOISE_BYTES_MAX = 65536;
const ERROR_BYTES_MAX = 4096;

/** A file of the board, and what changes when it is written. */
export interface BoardFile {
    readonly path: string;
    readonly size: number;
    readonly stamp: string;
}

/** Bytes of a stream, as they are asked for. */
class ByteReader {
    readonly #source: AsyncIterator<Buffer>;
    /** What was not asked for so far. */
    rest: Buffer = Buffer.alloc(0);
    hasEnded = false;

    constructor(stream: Readable) {
        this.#source = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    }

    async #more(): Promise<void> {
        const { value, done } = await this.#source.next();
        this.hasEnded = done === true;
        if (done) throw new UserError("the connection ended while files were fetched");
        this.rest = Buffer.concat([this.rest, value]);
    }

    async take(count: number): Promise<Buffer> {
        while (this.rest.length < count) await this.#more();
        const bytes = this.rest.subarray(0, count);
        this.rest = this.rest.subarray(count);
        return bytes;
    }

    /** What stands before `mark`, which is taken too. */
    async until(mark: string, bytesMax: number): Promise<Buffer> {
        for (;;) {
            const at = this.rest.indexOf(mark);
            if (at >= 0) return (await this.take(at + mark.length)).subarray(0, at);
            if (this.rest.length > bytesMax) throw garbled();
            await this.#more();
        }
    }
}

function garbled(): UserError {
    return new UserError("the board's list of files makes no sense");
}

function parseFile(line: string): BoardFile | undefined {
    let value: Partial<Record<keyof BoardFile | "end", unknown>>;
    try {
        value = Object(JSON.parse(line));
    } catch {
        throw garbled();
    }
    if (value.end === true) return undefined;
    const { path, size, stamp } = value;
    if (typeof path !== "string" || typeof size !== "number" || typeof stamp !== "string") {
        throw garbled();
    }
    return { path, size, stamp };
}

export interface FetchOptions {
    readonly place: Pick<BoardPlace, "run" | "explain">;
    /** The working folder there; undefined: the usual one. */
    readonly cwd: string | undefined;
    readonly patterns: readonly string[];
    /** The folder here; it is made. */
    readonly into: string;
}

export class Fetcher {
    readonly #options: FetchOptions;
    readonly #wanted: readonly RegExp[];

    /** A UserError for a pattern that is none. */
    constructor(options: FetchOptions) {
        this.#options = options;
        this.#wanted = options.patterns.map((pattern) => {
            const wanted = compilePattern(pattern);
            if (wanted) return wanted;
            throw new UserError(`--fetch ${pattern}: this is no pattern of files`, {
                hint: "names below the working folder, such as '*.wav' or 'takes/*.wav'",
                status: 2,
            });
        });
    }

    /** The files there are that match. */
    async list(signal?: AbortSignal): Promise<BoardFile[]> {
        const depth = this.#options.patterns.some((one) => one.includes("/")) ? DEPTH_MAX : 0;
        const request = { what: "list", folder: this.#folder, depth, entriesMax: ENTRIES_MAX };
        return this.#ask(request as BoardRequest, signal, async (reader) => {
            const files: BoardFile[] = [];
            for (;;) {
                const line = await reader.until("\n", LINE_BYTES_MAX);
                const file = parseFile(line.toString("utf8"));
                if (file === undefined) return files;
                if (files.length >= ENTRIES_MAX) throw garbled();
                if (this.#wanted.some((wanted) => wanted.test(file.path))) files.push(file);
            }
        });
    }

    /** Fetches what is not as it was in `before`; says what. False: not all of it came. */
    async fetchNew(before: readonly BoardFile[], signal?: AbortSignal): Promise<boolean> {
        const stamps = new Map(before.map(({ path, stamp }) => [path, stamp]));
        const now = await this.list(signal);
        const changed = now.filter(({ path, stamp }) => stamps.get(path) !== stamp);
        const safe = changed.filter(({ path }) => {
            const reason = whyUnsafe(path);
            if (reason) say(`not fetched: ${shownName(path)}: ${reason}`);
            return reason === undefined;
        });
        if (changed.length === 0) {
            const names = this.#options.patterns.join(" ");
            say(`nothing to fetch: the script wrote no file that matches ${names}`);
            return true;
        }
        const count = safe.length > 0 ? await this.#get(safe, signal) : 0;
        return count === changed.length;
    }

    get #folder(): string | null {
        return this.#options.cwd ?? null;
    }

    async #get(files: readonly BoardFile[], signal: AbortSignal | undefined): Promise<number> {
        await makeFolder(resolve(this.#options.into));
        const into = realpathSync(this.#options.into);
        const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
        const paths = files.map(({ path }) => path);
        const request = { what: "get", folder: this.#folder, paths } as const;
        const plural = files.length === 1 ? "file" : "files";
        const progress = startProgress(`fetching ${files.length} ${plural}`, totalBytes);
        const lines: string[] = [];
        let doneBytes = 0;
        let count = 0;
        try {
            await this.#ask(request, signal, async (reader) => {
                for (const { path } of files) {
                    const pieces = readPieces(reader, (bytes) => {
                        doneBytes += bytes;
                        progress.update(doneBytes);
                    });
                    const { line, isDone } = await store(into, path, pieces);
                    lines.push(line);
                    count += isDone ? 1 : 0;
                }
            });
        } finally {
            progress.stop();
            for (const line of lines) say(line);
        }
        return count;
    }

    /** Runs the board's half, and hands its answer to `take`. */
    async #ask<T>(
        request: BoardRequest,
        signal: AbortSignal | undefined,
        take: (reader: ByteReader) => Promise<T>,
    ): Promise<T> {
        const { place } = this.#options;
        const child = place.run(["-"]);
        const kill = (): void => void child.kill();
        if (signal?.aborted) kill();
        signal?.addEventListener("abort", kill);
        let stderr = "";
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
            stderr = (stderr + text).slice(0, NOISE_BYTES_MAX);
        });
        const closed = once(child, "close");
        child.stdin.on("error", () => {});
        child.stdin.end(boardProgram(request));
        const reader = new ByteReader(child.stdout);
        let hasAnswered = false;
        try {
            await reader.until(ANSWER_MARK, NOISE_BYTES_MAX);
            hasAnswered = true;
            return await take(reader);
        } catch (error) {
            if (signal?.aborted) throw new UserError("fetching was stopped", { status: STOPPED });
            if (hasAnswered || !reader.hasEnded) throw error;
            const [status] = (await closed) as [number | null];
            const stdout = reader.rest.toString("utf8");
            throw place.explain({ kind: "refused", status, stdout, stderr }, child);
        } finally {
            signal?.removeEventListener("abort", kill);
            child.kill();
        }
    }
}

/** One file's bytes. Throws where the board could not read it. */
async function* readPieces(
    reader: ByteReader,
    onBytes: (count: number) => void,
): AsyncGenerator<Buffer> {
    for (;;) {
        const length = (await reader.take(4)).readUInt32BE(0);
        if (length === 0) return;
        if (length === PIECE_FAILED) {
            const bytes = (await reader.take(4)).readUInt32BE(0);
            if (bytes > ERROR_BYTES_MAX) throw garbled();
            throw new ReadError(shownName((await reader.take(bytes)).toString("utf8")));
        }
        if (length > PIECE_BYTES_MAX) throw garbled();
        yield await reader.take(length);
        onBytes(length);
    }
}

/** A file that the board could not read: the next one may be better. */
class ReadError extends Error {}

/** The folder of a file below `into`, made as far as needed; links in it are not followed. */
function folderBelow(into: string, path: string): string {
    let folder = into;
    for (const name of path.split("/").slice(0, -1)) {
        folder = join(folder, name);
        const there = lstatSync(folder, { throwIfNoEntry: false });
        if (there === undefined) mkdirSync(folder);
        else if (!there.isDirectory()) throw new UserError(`${folder} is not a folder`);
    }
    return folder;
}

/** Into a temporary file, which then takes the name. */
async function store(
    into: string,
    path: string,
    pieces: AsyncGenerator<Buffer>,
): Promise<{ line: string; isDone: boolean }> {
    const folder = folderBelow(into, path);
    const temporary = join(folder, `.maixjs-${randomBytes(6).toString("hex")}.part`);
    const target = join(into, path);
    const handle = await open(temporary, "wx");
    let size = 0;
    try {
        for await (const piece of pieces) {
            await handle.writeFile(piece);
            size += piece.length;
        }
        await handle.sync();
        await handle.close();
        const isReplaced = lstatSync(target, { throwIfNoEntry: false }) !== undefined;
        await rename(temporary, target);
        const replaced = isReplaced ? ", in place of an older one" : "";
        return {
            line: `fetched ${shownName(target)} (${formatBytes(size)})${replaced}`,
            isDone: true,
        };
    } catch (error) {
        if (error instanceof UserError) throw error;
        const line = `not fetched: ${shownName(path)}: ${messageOf(error)}`;
        if (error instanceof ReadError) return { line, isDone: false };
        throw new UserError(line, { cause: error });
    } finally {
        await handle.close().catch(() => {});
        await rm(temporary, { force: true });
    }
}

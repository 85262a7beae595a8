// SPDX-License-Identifier: MIT
// Builds of a script whose files are being edited: only what stood still while it was built counts.

import { relative, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

import { type Bundle, bundle, findScript } from "./bundle.ts";
import type { Inputs } from "./bundle_inputs.ts";
import { messageOf, UserError } from "./errors.ts";
import { changedPaths, type Snapshot, Watcher } from "./watch.ts";

export interface Waits {
    /** How long the rest of a save may take where a file looks as if it had no end yet. */
    readonly cutMs: number;
    /** The same where the build fails: a half file seldom is a program. */
    readonly errorMs: number;
}

const usualWaits: Waits = { cutMs: 300, errorMs: 150 };

/** Between looks that find nothing: the script may write into the folder all the time. */
const PAUSE_MS = 10;
const ESBUILD_END_MS = 100;

export interface Build extends Bundle {
    /** What had changed since the build before, relative to the current folder. */
    readonly changed: readonly string[];
}

/** Something that happens now and then; what happens while nobody waits is not lost. */
class Bell {
    #hasRung = false;
    #wake: (() => void) | undefined;

    readonly ring = (): void => {
        this.#hasRung = true;
        this.#wake?.();
    };

    /** Until it has rung since the last wait, or for so long. */
    async wait(timeoutMs?: number): Promise<void> {
        if (!this.#hasRung) {
            let timer: NodeJS.Timeout | undefined;
            await new Promise<void>((resolve) => {
                this.#wake = resolve;
                if (timeoutMs !== undefined) timer = globalThis.setTimeout(resolve, timeoutMs);
            });
            clearTimeout(timer);
            this.#wake = undefined;
        }
        this.#hasRung = false;
    }
}

/** Whether `after` may be the beginning of a save that goes on. */
function looksCut(before: Buffer | undefined, after: Buffer | undefined): boolean {
    if (before === undefined || after === undefined || before.length === 0) return false;
    if (after.length < before.length && before.subarray(0, after.length).equals(after)) return true;
    return before.at(-1) === 0x0a && after.at(-1) !== 0x0a;
}

export class Builder {
    readonly #script: string;
    readonly #color: boolean;
    readonly #waits: Waits;
    readonly #bell = new Bell();
    readonly #watcher = new Watcher(this.#bell.ring);
    /** What was built last, and what of it was good. */
    #built: Snapshot = new Map();
    #contents = new Map<string, Buffer | undefined>();
    #goodInputs: Inputs = { files: [], absent: [] };
    #isClosed = false;

    /** `script` as it was typed: it may come and go. */
    constructor(script: string, color: boolean, waits: Waits = usualWaits) {
        this.#script = script;
        this.#color = color;
        this.#waits = waits;
    }

    /** Lets waiting calls return. */
    close(): void {
        this.#isClosed = true;
        this.#watcher.close();
        this.#bell.ring();
    }

    get fileCount(): number {
        return this.#goodInputs.files.length;
    }

    /** Waits until something differs from what was built; then until that stands still. */
    async next(): Promise<Build | undefined> {
        while (!this.#isClosed && this.#built.size > 0 && !this.isStale()) {
            await this.#bell.wait();
            if (this.#isClosed || this.isStale()) break;
            await setTimeout(PAUSE_MS);
        }
        while (!this.#isClosed) {
            const before = this.#watcher.look();
            const made = await this.#bundle();
            if (this.#isClosed) break;
            this.#watch(made.inputs);
            const after = this.#watcher.look();
            // esbuild may have read something between the two.
            if (changedPaths(before, after).length > 0) continue;
            const waitMs = this.#doubtMs(made, after);
            if (waitMs > 0 && (await this.#changesWithin(after, waitMs))) continue;
            if (!this.#isClosed) return this.#accept(made, after);
        }
        return undefined;
    }

    /** Whether anything differs from the last build. */
    isStale(): boolean {
        return this.#hasChanged(this.#built);
    }

    #hasChanged(since: Snapshot): boolean {
        return changedPaths(since, this.#watcher.look()).length > 0;
    }

    async #bundle(): Promise<Bundle> {
        try {
            return await bundle(findScript(this.#script), { color: this.#color });
        } catch (error) {
            // esbuild gets a terminal's Ctrl-C too, maybe before we hear of it.
            if (!(error instanceof UserError)) await setTimeout(ESBUILD_END_MS);
            // Else the script itself is away, for a moment or for longer.
            const isAway = error instanceof UserError && this.#built.size > 0;
            if (!isAway && !this.#isClosed) throw error;
            const messages = `maixjs: ${messageOf(error)}\n`;
            return { code: undefined, messages, inputs: { files: [], absent: [] } };
        }
    }

    /** What is needed by a build that fails, and by the last good one; and the script's own link. */
    #watch(inputs: Inputs): void {
        this.#watcher.watch({
            files: [resolve(this.#script), ...inputs.files, ...this.#goodInputs.files],
            absent: [...inputs.absent, ...this.#goodInputs.absent],
        });
    }

    #doubtMs(made: Bundle, now: Snapshot): number {
        const isCut = changedPaths(this.#built, now).some((path) =>
            looksCut(this.#contents.get(path), this.#watcher.content(path)),
        );
        if (isCut) return this.#waits.cutMs;
        return made.code === undefined && this.#built.size > 0 ? this.#waits.errorMs : 0;
    }

    async #changesWithin(since: Snapshot, timeMs: number): Promise<boolean> {
        const endMs = performance.now() + timeMs;
        for (;;) {
            if (this.#isClosed || this.#hasChanged(since)) return true;
            const leftMs = endMs - performance.now();
            if (leftMs <= 0) return false;
            await this.#bell.wait(leftMs);
        }
    }

    #accept(made: Bundle, now: Snapshot): Build {
        const changed = changedPaths(this.#built, now)
            .filter((path) => this.#built.has(path) && now.has(path)) // else it was not looked at
            .map((path) => relative(".", path));
        if (made.code !== undefined) {
            this.#goodInputs = made.inputs;
            this.#watch(made.inputs);
        }
        // Not another look: what changes right now is to be noticed.
        this.#built = new Map(this.#watcher.paths.map((path) => [path, now.get(path) ?? ""]));
        this.#contents = new Map(
            this.#watcher.paths.map((path) => [path, this.#watcher.content(path)]),
        );
        return { ...made, changed };
    }
}

// SPDX-License-Identifier: MIT
// The boards' executables that this package has, from targets.json.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { messageOf, UserError } from "./errors.ts";
import { packageRoot } from "./native.js";

interface Target {
    readonly triple: string;
    readonly static: boolean;
    readonly esbuild: string;
    readonly boards: readonly string[];
}

let cached: Readonly<Record<string, Target>> | null = null;

function targets(): Readonly<Record<string, Target>> {
    cached ??= JSON.parse(
        readFileSync(join(packageRoot, "toolchain/targets.json"), "utf8"),
    ) as Record<string, Target>;
    return cached;
}

function architecture(target: Target): string {
    return target.triple.split("-")[0] ?? "";
}

/** The target whose executable runs on `uname -m` of that name, on any system there; null: none. */
export function targetFor(machine: string): string | null {
    // An old 64-bit ARM kernel calls itself so.
    const name = machine === "arm64" ? "aarch64" : machine;
    const found = Object.entries(targets()).find(
        ([, target]) => target.static && architecture(target) === name,
    );
    return found?.[0] ?? null;
}

/** The architectures of boards, for messages. */
export function boardArchitectures(): string[] {
    const boards = Object.values(targets()).filter((target) => target.static);
    return [...new Set(boards.map(architecture))];
}

/** The platform of esbuild's package for a target, such as "linux-riscv64". */
export function esbuildPlatform(target: string): string {
    return targets()[target]?.esbuild ?? "";
}

/** The version of this package, which its executables have as well. */
export function ownVersion(): string {
    const text = readFileSync(join(packageRoot, "package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
}

/** The board's executable. Throws UserError where it was not built. */
export function readBoardExecutable(target: string): Buffer {
    const path = join(packageRoot, "dist", target, "maixjs");
    try {
        return readFileSync(path);
    } catch (error) {
        const hint = existsSync(join(packageRoot, "build.zig"))
            ? `\`npm run build:boards\` in ${packageRoot} makes it`
            : `the package is damaged; install it again (${messageOf(error)})`;
        throw new UserError(`the executable for the board is missing: ${path}`, { hint });
    }
}

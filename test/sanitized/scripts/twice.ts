// SPDX-License-Identifier: MIT
// What typescript.ts imports.
export function twice(value: number): number {
    return 2 * value;
}

// SPDX-License-Identifier: MIT
// Bugs of the engine that changed scripts have found: listed, so that new ones show.

/** `report`: what the sanitizer's report of it holds.
 * @type {readonly { what: string, report: RegExp }[]} */
export const knownBugs = [];

// SPDX-License-Identifier: MIT
// What must come of a schedule of faults: which frames a simulated device gives, what is missing.

export type FaultKind = "xrun" | "stall" | "suspend" | "unplug";

export interface Fault {
    readonly kind: FaultKind;
    /** Device index at which it happens. */
    readonly frame: number;
    /** xrun: frames lost; stall: ms; unplug: ms until it is back, undefined: for ever. */
    readonly amount?: number;
}

export interface Gap {
    readonly frame: number;
    readonly at: number;
    readonly frames: number;
    readonly exact: boolean;
    readonly cause: string;
}

/** Frames that follow each other: device indices from `first` on. */
export interface Stretch {
    readonly first: number;
    readonly frames: number;
}

export interface Timeline {
    readonly stretches: readonly Stretch[];
    /** `at`: frames delivered before it, without silence. */
    readonly gaps: readonly Gap[];
    /** The device goes for ever behind the last stretch. */
    readonly isLost: boolean;
}

const SUSPEND_MS = 100; // what pcm_sim.c says a sleep lasts

/** The device's key of a fault: `xrun_at=100:7`. */
export function keyOf(fault: Fault): string {
    const amount = fault.amount === undefined ? "" : `:${fault.amount}`;
    return `${fault.kind}_at=${fault.frame}${amount}`;
}

function lossOf(fault: Fault, rate: number): Pick<Gap, "frames" | "exact" | "cause"> | undefined {
    const ofMs = (ms: number): number => Math.floor((ms * rate) / 1000);
    const amount = fault.amount ?? 0;
    if (fault.kind === "xrun") return { frames: amount, exact: true, cause: "device" };
    if (fault.kind === "suspend")
        return { frames: ofMs(SUSPEND_MS), exact: false, cause: "suspend" };
    if (fault.kind === "unplug") return { frames: ofMs(amount), exact: false, cause: "device" };
    return undefined;
}

/**
 * Losses at one place with one cause, as one. How many gaps they are told as depends on what the
 * device said in between (that it stalls, that it has gone).
 */
export function joined(gaps: readonly Gap[]): Gap[] {
    const list: Gap[] = [];
    for (const { frame, at, frames, exact, cause } of gaps) {
        const last = list.at(-1);
        if (last && last.cause === cause && last.frame + last.frames === frame) {
            const both = { frames: last.frames + frames, exact: last.exact && exact };
            list.splice(-1, 1, { ...last, ...both });
        } else {
            list.push({ frame, at, frames, exact, cause });
        }
    }
    return list;
}

/** What an unpaced device does: faults at a place that was lost come right behind it. */
export function timelineOf(faults: readonly Fault[], rate: number): Timeline {
    const stretches: Stretch[] = [];
    const gaps: Gap[] = [];
    let position = 0;
    let captured = 0;
    const sorted = [...faults].sort((a, b) => a.frame - b.frame); // a stable sort
    for (const fault of sorted) {
        const frames = Math.max(0, fault.frame - position);
        if (frames > 0) stretches.push({ first: position, frames });
        position += frames;
        captured += frames;
        if (fault.kind === "unplug" && fault.amount === undefined) {
            return { stretches, gaps: joined(gaps), isLost: true };
        }
        const loss = lossOf(fault, rate);
        if (loss === undefined || loss.frames === 0) continue;
        gaps.push({ frame: position, at: captured, ...loss });
        position += loss.frames;
    }
    stretches.push({ first: position, frames: Number.POSITIVE_INFINITY });
    return { stretches, gaps: joined(gaps), isLost: false };
}

/** The first `count` samples that are delivered: each its device index, 0 where silence stands. */
export function samplesOf(timeline: Timeline, count: number, isSilent: boolean): Uint32Array {
    const samples = new Uint32Array(count);
    let at = 0;
    let position = 0;
    for (const { first, frames } of timeline.stretches) {
        if (isSilent) at += first - position;
        for (let i = 0; i < frames && at < count; i++) samples[at++] = first + i;
        position = first + frames;
    }
    return samples;
}

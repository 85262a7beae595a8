// SPDX-License-Identifier: MIT
// The lines of `maixjs doctor`: what is looked at, whether it is well, and what mends it.

export interface Finding {
    /** "host key" */
    readonly what: string;
    /** Null: could not be looked at, because something before it failed. */
    readonly isWell: boolean | null;
    /** What was found, in a line. */
    readonly detail: string;
    /** What to do; lines. Only of what is not well. */
    readonly fix?: string;
}

export function well(what: string, detail: string): Finding {
    return { what, isWell: true, detail };
}

export function ill(what: string, detail: string, fix: string): Finding {
    return { what, isWell: false, detail, fix };
}

export function notSeen(what: string): Finding {
    return { what, isWell: null, detail: "not looked at" };
}

/** What a recorder needs beside itself for some minutes of sound. */
const DISK_BYTES_MIN = 20e6;
const MEMORY_BYTES_MIN = 16e6;
/** What is later than this is not the time that a cable or a network took. */
const CLOCK_AHEAD_S_MAX = 60;

export function checkRoom(
    what: string,
    freeBytes: number | null,
    format: (bytes: number) => string,
): Finding {
    const minBytes = what === "memory" ? MEMORY_BYTES_MIN : DISK_BYTES_MIN;
    if (freeBytes === null) return well(what, "the system does not say what is free");
    const detail = `${format(freeBytes)} free`;
    if (freeBytes >= minBytes) return well(what, detail);
    const fix =
        what === "memory"
            ? "end other programs; a restart of the board helps as well"
            : "fetch and remove recordings, or run scripts elsewhere with --cwd";
    return ill(what, `${detail}, at least ${format(minBytes)} are good`, fix);
}

/** `setClock`: the line that sets the board's clock. */
export function checkClock(aheadS: number | null, setClock: string): Finding {
    if (aheadS === null) return ill("clock", "the board does not say its time", setClock);
    const seconds = Math.abs(aheadS);
    const text = seconds < 86_400 ? `${seconds} s` : `${Math.round(seconds / 86_400)} days`;
    if (seconds <= CLOCK_AHEAD_S_MAX) return well("clock", seconds < 2 ? "right" : `${text} off`);
    return ill(
        "clock",
        `${text} ${aheadS > 0 ? "ahead" : "behind"}: files get wrong dates`,
        setClock,
    );
}

/** Run by the executable; one line of JSON behind @. The first 200 ms are the hardware's settling. */
export const MICROPHONE_SCRIPT = `
import { audio } from "maix";
try {
    const r = new audio.Recorder();
    r.record(200);
    const level = audio.level(r.record(300), r.format());
    console.log("@" + JSON.stringify({ ...level, name: r.hardware().name }));
} catch (error) {
    console.log("@" + JSON.stringify({ code: error.code ?? "", message: error.message }));
}
`;

interface Heard {
    readonly peakDbfs?: number | null;
    readonly rmsDbfs?: number | null;
    readonly name?: string;
    readonly message?: string;
}

const CLIPPED_DBFS = -0.1;

function parseHeard(json: string): Heard | null {
    try {
        return JSON.parse(json) as Heard;
    } catch {
        return null;
    }
}

/**
 * `output` and `errors` are what the executable said when it ran MICROPHONE_SCRIPT; `list` is the
 * command that lists microphones there.
 */
export function checkMicrophone(output: string, errors: string, list: string): Finding {
    const what = "microphone";
    const heard = parseHeard(/^@(\{.*\})$/m.exec(output)?.[1] ?? "");
    if (heard === null) {
        const [line = ""] = errors.trim().split("\n").slice(-1);
        return ill(what, line || "the test recording did not end", list);
    }
    const { peakDbfs, rmsDbfs, name = "", message } = heard;
    if (message !== undefined) {
        return ill(what, message, `\`${list}\` lists what there is; --mic names one`);
    }
    // JSON has no -Infinity: it is null.
    if (typeof peakDbfs !== "number" || typeof rmsDbfs !== "number") {
        return ill(
            what,
            `${name} gives only zeros`,
            "is it muted? in a script: r.mute(false); r.volume(100)",
        );
    }
    const detail = `${name}, ${rmsDbfs.toFixed(0)} dBFS (peak ${peakDbfs.toFixed(0)})`;
    if (peakDbfs >= CLIPPED_DBFS) {
        return ill(
            what,
            `${detail}: too loud, it clips`,
            "turn it down; in a script: r.volume(50)",
        );
    }
    return well(what, detail);
}

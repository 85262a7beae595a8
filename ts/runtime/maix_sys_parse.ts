// SPDX-License-Identifier: MIT
// What the kernel's text files say, for maix:sys. Any text is taken; what is not there is undefined.

/** `key=value` lines, blanks around both dropped; the first of a key counts. */
export function parseSettings(text: string): Record<string, string> {
    const settings: Record<string, string> = Object.create(null);
    for (const line of text.split("\n")) {
        const at = line.indexOf("=");
        const key = line.slice(0, Math.max(at, 0)).trim();
        if (key !== "" && !key.startsWith("#")) settings[key] ??= line.slice(at + 1).trim();
    }
    return settings;
}

/** Bytes of a line `<name>: <n> kB` of /proc/meminfo. */
export function parseMemory(text: string, name: string): number | undefined {
    for (const line of text.split("\n")) {
        if (!line.startsWith(`${name}:`)) continue;
        const [, digits] = /^ *(\d{1,12}) kB$/.exec(line.slice(name.length + 1)) ?? [];
        return digits === undefined ? undefined : Number(digits) * 1024;
    }
    return undefined;
}

/** Total and used bytes of MaixCAM2's own memory. */
export function parseCmm(text: string): [number, number] | undefined {
    const [, total, used] = /total size=(\d{1,12})KB[^\n]*?\bused=(\d{1,12})KB/.exec(text) ?? [];
    return used === undefined ? undefined : [Number(total) * 1024, Number(used) * 1024];
}

export type Ticks = Record<string, { idle: number; total: number }>;

/** Clock ticks of each `cpu…` line of /proc/stat. */
export function parseTicks(text: string): Ticks {
    const ticks: Ticks = Object.create(null);
    for (const line of text.split("\n")) {
        const [name = "", ...words] = line.trim().split(/ +/);
        // user nice system idle iowait irq softirq steal; guest time is counted in user already.
        const counts = words.slice(0, 8).map(Number);
        if (
            !/^cpu\d{0,4}$/.test(name) ||
            counts.length < 4 ||
            !counts.every(Number.isSafeInteger)
        ) {
            continue;
        }
        const [, , , idle = 0, waiting = 0] = counts;
        ticks[name] = { idle: idle + waiting, total: counts.reduce((sum, count) => sum + count) };
    }
    return ticks;
}

/** Percent busy between two looks; where no time has passed, 0. */
export function usageBetween(before: Ticks, now: Ticks): Record<string, number> {
    const usage: Record<string, number> = {};
    for (const [name, { idle, total }] of Object.entries(now)) {
        const last = before[name] ?? { idle: 0, total: 0 };
        const passed = total - last.total;
        const busy = passed - (idle - last.idle);
        usage[name] = passed > 0 ? Math.min(Math.max((busy * 100) / passed, 0), 100) : 0;
    }
    return usage;
}

/** The rate of a clock of /sys/kernel/debug/clk/clk_summary. */
export function parseClock(text: string, name: string): number | undefined {
    for (const line of text.split("\n")) {
        const [first, ...numbers] = line.trim().split(/ +/);
        if (first === name) return positive(numbers[3]);
    }
    return undefined;
}

/** Hertz by CPU, of /proc/cpuinfo. */
export function parseCpuinfo(text: string): Record<string, number> {
    const rates: Record<string, number> = {};
    let cpu = "";
    for (const line of text.split("\n")) {
        const [, key, value] = /^(processor|cpu MHz)\s*: (\d{1,6}(?:\.\d{1,6})?)$/.exec(line) ?? [];
        if (key === "processor") cpu = `cpu${value}`;
        else if (key !== undefined && cpu !== "") rates[cpu] = Math.round(Number(value) * 1e6);
    }
    return rates;
}

/** A whole number above 0. */
export function positive(text: string | undefined): number | undefined {
    return text !== undefined && /^[1-9]\d{0,14}$/.test(text.trim()) ? Number(text) : undefined;
}

export interface Mount {
    device: string;
    mountpoint: string;
    fstype: string;
}

/** The lines of /proc/mounts; blanks in names are written as octal numbers there. */
export function parseMounts(text: string): Mount[] {
    return text.split("\n").flatMap((line) => {
        const [device, mountpoint, fstype] = line
            .split(" ")
            .map((word) =>
                word.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
                    String.fromCharCode(Number.parseInt(octal, 8)),
                ),
            );
        return device && mountpoint && fstype ? [{ device, mountpoint, fstype }] : [];
    });
}

/** `major.minor.patch` of MaixPy's version.py. */
export function parseMaixpyVersion(text: string): string | undefined {
    const parts = ["major", "minor", "patch"].map(
        (part) => new RegExp(`^version_${part}\\s*=\\s*(\\d{1,6})\\b`, "m").exec(text)?.[1],
    );
    return parts.includes(undefined) ? undefined : parts.join(".");
}

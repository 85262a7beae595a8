// SPDX-License-Identifier: MIT
// Dates as text for maix:time: strftime and strptime, with English names on every machine.

export interface Fields {
    year: number;
    month: number;
    day: number;
    hour: number;
    minute: number;
    second: number;
    microsecond: number;
    /** Hours east of UTC. */
    zone: number;
    zoneName: string;
}

const months =
    "January February March April May June July August September October November December";
const monthNames = months.split(" ");
const dayNames = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const DAY_MS = 86_400_000;

/** Milliseconds since 1970 of the fields, as if they were UTC; months and days may overflow. */
export function utcMs({ year, month, day, hour, minute, second }: Fields): number {
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    return date.setUTCHours(hour, minute, second);
}

/** 0 is Monday. */
export const weekdayOf = (fields: Fields): number => (new Date(utcMs(fields)).getUTCDay() + 6) % 7;

/** 0 is the 1st of January. */
export function yeardayOf(fields: Fields): number {
    const start = utcMs({ ...fields, month: 1, day: 1, hour: 0, minute: 0, second: 0 });
    return Math.floor((utcMs(fields) - start) / DAY_MS);
}

const pad = (number: number, width: number, fill = "0"): string =>
    number < 0
        ? `-${String(-number).padStart(width - 1, fill)}`
        : String(number).padStart(width, fill);

/** `[year, week]` of ISO 8601: weeks begin on Monday, the first has the year's first Thursday. */
function isoWeek(fields: Fields): [number, number] {
    const thursday = { ...fields, day: fields.day + 3 - weekdayOf(fields) };
    const year = new Date(utcMs(thursday)).getUTCFullYear();
    const firstDay = utcMs({ ...fields, year, month: 1, day: 1 });
    return [year, Math.floor((utcMs(thursday) - firstDay) / (7 * DAY_MS)) + 1];
}

function zoneText(hours: number): string {
    const minutes = Math.round(Math.abs(hours) * 60);
    return (hours < 0 ? "-" : "+") + pad(Math.floor(minutes / 60), 2) + pad(minutes % 60, 2);
}

const composed: Record<string, string> = {
    c: "%a %b %e %H:%M:%S %Y",
    D: "%m/%d/%y",
    F: "%Y-%m-%d",
    R: "%H:%M",
    r: "%I:%M:%S %p",
    T: "%H:%M:%S",
    x: "%m/%d/%y",
    X: "%H:%M:%S",
};

const simple: Record<string, (t: Fields) => string> = {
    "%": () => "%",
    A: (t) => dayNames[(weekdayOf(t) + 1) % 7] ?? "",
    a: (t) => (dayNames[(weekdayOf(t) + 1) % 7] ?? "").slice(0, 3),
    B: (t) => monthNames[t.month - 1] ?? "?",
    b: (t) => (monthNames[t.month - 1] ?? "?").slice(0, 3),
    C: (t) => pad(Math.floor(t.year / 100), 2),
    d: (t) => pad(t.day, 2),
    e: (t) => pad(t.day, 2, " "),
    f: (t) => pad(t.microsecond, 6),
    G: (t) => pad(isoWeek(t)[0], 4),
    g: (t) => pad(isoWeek(t)[0] % 100, 2),
    H: (t) => pad(t.hour, 2),
    I: (t) => pad(t.hour % 12 || 12, 2),
    j: (t) => pad(yeardayOf(t) + 1, 3),
    M: (t) => pad(t.minute, 2),
    m: (t) => pad(t.month, 2),
    n: () => "\n",
    p: (t) => (t.hour < 12 ? "AM" : "PM"),
    S: (t) => pad(t.second, 2),
    s: (t) => String(Math.floor(utcMs(t) / 1000 - t.zone * 3600)),
    t: () => "\t",
    U: (t) => pad(Math.floor((yeardayOf(t) + 7 - ((weekdayOf(t) + 1) % 7)) / 7), 2),
    u: (t) => String(weekdayOf(t) + 1),
    V: (t) => pad(isoWeek(t)[1], 2),
    W: (t) => pad(Math.floor((yeardayOf(t) + 7 - weekdayOf(t)) / 7), 2),
    w: (t) => String((weekdayOf(t) + 1) % 7),
    Y: (t) => pad(t.year, 4),
    y: (t) => pad(t.year % 100, 2),
    Z: (t) => t.zoneName,
    z: (t) => zoneText(t.zone),
};

function unknown(letter: string): never {
    throw new RangeError(`format: unknown directive %${letter}`);
}

export function strftime(fields: Fields, format: string): string {
    return format.replace(/%(.?)/gs, (_, given: string) => {
        const letter = given === "h" ? "b" : given;
        const longer = Object.hasOwn(composed, letter) ? composed[letter] : undefined;
        if (longer !== undefined) return strftime(fields, longer);
        const one = Object.hasOwn(simple, letter) ? simple[letter] : undefined;
        return one ? one(fields) : unknown(given);
    });
}

type Parsed = Fields & { afternoon?: boolean; yearday?: number };
type Reader = [pattern: string, take: (text: string) => Partial<Parsed>];

const anyOf = (names: string[]): string =>
    [...names, ...names.map((name) => name.slice(0, 3))].join("|");
const indexOf = (names: string[], text: string): number =>
    names.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase());

function readZone(text: string): Partial<Parsed> {
    const [, sign, hours = 0, minutes = 0] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? [];
    return { zone: (Number(hours) + Number(minutes) / 60) * (sign === "-" ? -1 : 1) };
}

function readYear(text: string): Partial<Parsed> {
    return { year: Number(text) + (Number(text) < 69 ? 2000 : 1900) };
}

type Counted = "year" | "month" | "day" | "hour" | "minute" | "second" | "yearday";
const number = (pattern: string, name: Counted): Reader => [
    pattern,
    (text) => ({ [name]: Number(text) }),
];
const nothing = (pattern: string): Reader => [pattern, () => ({})];
const month: Reader = [anyOf(monthNames), (text) => ({ month: indexOf(monthNames, text) + 1 })];
const hourPattern = "2[0-3]|[01]?\\d";
const dayPattern = "3[01]|[12]\\d|0?[1-9]| [1-9]";
const yeardayPattern = "36[0-6]|3[0-5]\\d|[12]\\d\\d|0?[1-9]\\d|0{0,2}[1-9]";

const readers: Record<string, Reader> = {
    "%": nothing("%"),
    A: nothing(anyOf(dayNames)),
    a: nothing(anyOf(dayNames)),
    B: month,
    b: month,
    h: month,
    d: number(dayPattern, "day"),
    e: number(dayPattern, "day"),
    f: ["\\d{1,6}", (text) => ({ microsecond: Number(text.padEnd(6, "0")) })],
    H: number(hourPattern, "hour"),
    I: number("1[0-2]|0?[1-9]", "hour"),
    j: number(yeardayPattern, "yearday"),
    M: number("[0-5]?\\d", "minute"),
    m: number("1[0-2]|0?[1-9]", "month"),
    n: nothing("\\s+"),
    t: nothing("\\s+"),
    p: ["AM|PM", (text) => ({ afternoon: text.toLowerCase() === "pm" })],
    S: number("6[01]|[0-5]?\\d", "second"),
    Y: number("\\d{4}", "year"),
    y: ["\\d\\d", readYear],
    Z: ["[A-Za-z]{1,6}", (text) => ({ zoneName: text })],
    z: ["[+-]\\d\\d:?\\d\\d|Z", readZone],
};

/** The fields of a text; what it does not name is that of 1900-01-01 00:00:00 UTC. */
export function strptime(text: string, format: string): Fields {
    const whole = format.replace(/%([cDFRrTxX])/g, (_, letter: string) => composed[letter] ?? "");
    const takes: Reader[1][] = [];
    const pattern = whole.replace(/%(.?)|\s+|[^%\s]/gs, (part, letter: string | undefined) => {
        if (letter === undefined) {
            return /^\s/.test(part) ? "\\s*" : part.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
        }
        const reader = Object.hasOwn(readers, letter) ? readers[letter] : undefined;
        if (!reader) return unknown(letter);
        takes.push(reader[1]);
        return `(${reader[0]})`;
    });
    const found = new RegExp(`^${pattern}$`, "i").exec(text);
    if (!found) throw new RangeError(`"${text}" is not of the form "${format}"`);
    const t: Parsed = {
        ...{ year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0, microsecond: 0 },
        zone: 0,
        zoneName: "UTC",
    };
    for (const [index, take] of takes.entries()) Object.assign(t, take(found[index + 1] ?? ""));
    const { afternoon, yearday, ...fields } = t;
    if (afternoon !== undefined) fields.hour = (fields.hour % 12) + (afternoon ? 12 : 0);
    if (yearday !== undefined) {
        const date = new Date(utcMs({ ...fields, month: 1, day: yearday }));
        fields.month = date.getUTCMonth() + 1;
        fields.day = date.getUTCFullYear() === fields.year ? date.getUTCDate() : Number.NaN;
    }
    if (new Date(utcMs({ ...fields, hour: 0, minute: 0, second: 0 })).getUTCDate() !== fields.day) {
        throw new RangeError(`"${text}": there is no such day`);
    }
    return fields;
}

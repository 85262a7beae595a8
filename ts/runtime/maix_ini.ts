// SPDX-License-Identifier: MIT
// Settings in ini files, for maix:app: read, and changed with every other character kept.

export interface IniEntry {
    section: string;
    key: string;
    value: string;
}

interface IniLine {
    section?: string;
    key?: string;
    /** Where the value begins and ends in the line. */
    from?: number;
    to?: number;
}

function parseLine(line: string): IniLine {
    const text = line.trim();
    if (text === "" || text[0] === "#" || text[0] === ";") return {};
    if (text[0] === "[") return text.endsWith("]") ? { section: text.slice(1, -1).trim() } : {};
    const equals = line.indexOf("=");
    if (equals < 0) return {};
    const end = line.trimEnd().length;
    let from = equals + 1;
    while (from < end && (line[from] === " " || line[from] === "\t")) from++;
    return { key: line.slice(0, equals).trim(), from, to: Math.max(end, from) };
}

/** All settings, in order; those before the first section belong to `""`. */
export function parseIni(text: string): IniEntry[] {
    const entries: IniEntry[] = [];
    let section = "";
    for (const line of text.split("\n")) {
        const parsed = parseLine(line);
        section = parsed.section ?? section;
        if (parsed.key !== undefined) {
            entries.push({ section, key: parsed.key, value: line.slice(parsed.from, parsed.to) });
        }
    }
    return entries;
}

/** The first setting of that name. */
export function getIni(text: string, section: string, key: string): string | undefined {
    return parseIni(text).find((entry) => entry.section === section && entry.key === key)?.value;
}

/** The text with the setting changed, or added to its section, or to a new one at the end. */
export function setIni(text: string, section: string, key: string, value: string): string {
    const lines = text.split("\n");
    const end = text.includes("\r\n") ? "\r" : "";
    let inside = section === "";
    let place = inside ? 0 : -1; // behind the last line of the section that says something
    for (const [index, line] of lines.entries()) {
        const parsed = parseLine(line);
        if (parsed.section !== undefined) inside = parsed.section === section;
        if (!inside) continue;
        if (parsed.key === key) {
            lines[index] = line.slice(0, parsed.from) + value + line.slice(parsed.to);
            return lines.join("\n");
        }
        if (line.trim() !== "") place = index + 1;
    }
    const added = `${key} = ${value}${end}`;
    if (place >= 0 && place < lines.length) {
        lines.splice(place, 0, added);
        return lines.join("\n");
    }
    const before = text === "" || text.endsWith("\n") ? text : `${text}${end}\n`;
    const head = place >= 0 ? "" : `[${section}]${end}\n`;
    return `${before}${head}${added}\n`;
}

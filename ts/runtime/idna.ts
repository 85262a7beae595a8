// SPDX-License-Identifier: MIT
// Host names as ASCII, in place of the package tr46, whose tables are five times the size of all of
// URL. Mapping is Unicode's own NFKC and lower case, which is what the tables say for letters; what
// the tables forbid beyond the URL standard's own forbidden characters is not looked for.

import { toASCII as encode, toUnicode } from "punycode/punycode.es6.js";

const LABEL_DOTS = /[\u3002\uff0e\uff61]/g;
/** Soft hyphen, joiners, variation selectors, byte order mark: the tables map them to nothing. */
const IGNORED = /\u00ad|\u034f|[\u180b-\u180f]|\u200b|\u2060|\u2064|[\ufe00-\ufe0f]|\ufeff/g;
const NOT_ASCII = /[^\0-\x7f]/;
const CONTROL = /[\x80-\x9f]/;

function map(domain: string): string {
    const plain = domain.replace(IGNORED, "").replace(LABEL_DOTS, ".");
    return plain.normalize("NFKC").toLowerCase().normalize("NFC");
}

/** Null: not a domain name. */
export function toASCII(domain: string): string | null {
    const ascii = domain.toLowerCase();
    if (!NOT_ASCII.test(ascii) && !ascii.includes("xn--")) return ascii;
    try {
        const result = encode(map(domain));
        // What says it is Punycode must be, and of a label that needed it.
        for (const label of result.split(".")) {
            if (!label.startsWith("xn--")) continue;
            const decoded = toUnicode(label);
            const isMade = NOT_ASCII.test(decoded) && !CONTROL.test(decoded);
            if (!isMade || map(decoded) !== decoded || encode(decoded) !== label) {
                return null;
            }
        }
        return result;
    } catch {
        return null;
    }
}

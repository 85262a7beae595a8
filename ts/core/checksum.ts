// SPDX-License-Identifier: MIT
// Checksums as boards can make them: by sha256sum, or by what their busybox has instead.

import { createHash } from "node:crypto";

const CRC_POLYNOMIAL = 0x04c11db7;

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
    let crc = index << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ CRC_POLYNOMIAL : crc << 1;
    return crc >>> 0;
});

/** The first word that POSIX `cksum` prints: the CRC of the bytes and of their count. */
export function cksum(bytes: Uint8Array): string {
    let crc = 0;
    const add = (byte: number): void => {
        crc = ((crc << 8) ^ (crcTable[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
    };
    for (const byte of bytes) add(byte);
    for (let left = bytes.length; left > 0; left = Math.floor(left / 256)) add(left & 0xff);
    return String(~crc >>> 0);
}

/** What SUM_FUNCTION may print for these bytes. */
export function sums(bytes: Uint8Array): string[] {
    const hashes = ["sha256", "sha1", "md5"].map(
        (name) => `${name}sum:${createHash(name).update(bytes).digest("hex")}`,
    );
    return [...hashes, `cksum:${cksum(bytes)}`];
}

/** A function of sh: `sum <file>` prints "<tool>:<sum>", "none" where the board has no tool. */
export const SUM_FUNCTION = `
sum() {
    for tool in sha256sum sha1sum md5sum cksum; do
        s=$($tool < "$1" 2>/dev/null) && { echo "$tool:\${s%% *}"; return; }
    done
    echo none
}
`;

// SPDX-License-Identifier: MIT
// What a 64-bit little-endian ELF executable says of itself, and which instructions it holds.

export interface Segment {
    readonly type: number;
    readonly flags: number;
}

export interface Section {
    readonly name: string;
    readonly flags: bigint;
    readonly data: Buffer;
}

export interface Elf {
    readonly machine: number;
    readonly segments: readonly Segment[];
    readonly sections: readonly Section[];
}

export const PT = { load: 1, dynamic: 2, interp: 3, gnuStack: 0x6474e551 } as const;
export const PF = { execute: 1, write: 2 } as const;
export const machines = { x86: 62, aarch64: 183, riscv: 243 } as const;
const SHT_NOBITS = 8;
const SHF_EXECINSTR = 4n;

function cString(bytes: Buffer, at: number): string {
    return bytes.toString("latin1", at, bytes.indexOf(0, at));
}

/** Throws where it is no such file. */
export function readElf(bytes: Buffer): Elf {
    if (bytes.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") throw new Error("no 64-bit LE ELF");
    const offset = (at: number): number => Number(bytes.readBigUInt64LE(at));
    const table = (start: number, size: number, count: number): number[] =>
        Array.from({ length: count }, (_, index) => start + index * size);
    const segments = table(offset(32), bytes.readUInt16LE(54), bytes.readUInt16LE(56)).map(
        (at) => ({ type: bytes.readUInt32LE(at), flags: bytes.readUInt32LE(at + 4) }),
    );
    const raw = table(offset(40), bytes.readUInt16LE(58), bytes.readUInt16LE(60)).map((at) => ({
        name: bytes.readUInt32LE(at),
        flags: bytes.readBigUInt64LE(at + 8),
        data:
            bytes.readUInt32LE(at + 4) === SHT_NOBITS
                ? Buffer.alloc(0)
                : bytes.subarray(offset(at + 24), offset(at + 24) + offset(at + 32)),
    }));
    const names = raw[bytes.readUInt16LE(62)]?.data ?? Buffer.alloc(0);
    const sections = raw.map((section) => ({ ...section, name: cString(names, section.name) }));
    return { machine: bytes.readUInt16LE(18), segments, sections };
}

export function code(elf: Elf): Buffer[] {
    return elf.sections.filter(({ flags }) => flags & SHF_EXECINSTR).map(({ data }) => data);
}

/** Tag_RISCV_arch of .riscv.attributes: "rv64i2p1_m2p0_…". */
export function riscvArch(elf: Elf): string {
    const data = elf.sections.find(({ name }) => name === ".riscv.attributes")?.data;
    if (!data) throw new Error("no .riscv.attributes");
    // Version, length, "riscv\0", then the file's attributes: tag 1, length, pairs.
    let at = 5 + "riscv\0".length + 5;
    const uleb = (): number => {
        let value = 0;
        for (let shift = 0; ; shift += 7) {
            const byte = data.readUInt8(at++);
            value |= (byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
    };
    while (at < data.length) {
        const tag = uleb();
        if (tag % 2 === 0) {
            uleb();
            continue;
        }
        const text = cString(data, at);
        if (tag === 5) return text;
        at += text.length + 1;
    }
    throw new Error("no Tag_RISCV_arch");
}

/**
 * Byte offsets of the instructions that an rv64gc core lacks: the vector ones, and those of the
 * opcodes that are left to vendors (the C906's own).
 */
export function beyondRv64gc(text: Buffer): number[] {
    const [loadFp, storeFp, vector] = [0x07, 0x27, 0x57];
    const custom = [0x0b, 0x2b, 0x5b, 0x7b];
    const found: number[] = [];
    for (let at = 0; at + 1 < text.length; ) {
        const isShort = (text.readUInt8(at) & 3) !== 3;
        if (!isShort && at + 3 < text.length) {
            const instruction = text.readUInt32LE(at);
            const opcode = instruction & 0x7f;
            const width = (instruction >> 12) & 7;
            // Of the floating-point loads and stores, widths 2 and 3 are f and d.
            const isVectorMemory =
                (opcode === loadFp || opcode === storeFp) && width !== 2 && width !== 3;
            if (opcode === vector || custom.includes(opcode) || isVectorMemory) found.push(at);
        }
        at += isShort ? 2 : 4;
    }
    return found;
}

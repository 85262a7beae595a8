// SPDX-License-Identifier: MIT
// A tar stream, as every board's tar reads it: ustar with GNU's long names. It is how files get to a
// board, with their modes, by nothing but ssh.

export interface TarFile {
    /** Relative, with slashes. */
    readonly path: string;
    readonly data: Uint8Array;
    readonly isExecutable: boolean;
}

const BLOCK = 512;
const NAME_BYTES = 100;
const REGULAR = "0";
const LONG_NAME = "L"; // busybox passes pax headers over, and knows these

/** Files in order, folders come by themselves: tar makes them. The pieces are not to be changed. */
export function* tarPieces(files: Iterable<TarFile>): Generator<Uint8Array> {
    for (const { path, data, isExecutable } of files) {
        const name = Buffer.from(path);
        if (name.length > NAME_BYTES) {
            const text = Buffer.concat([name, Buffer.alloc(1)]);
            yield header(Buffer.from("././@LongLink"), text.length, 0o644, LONG_NAME);
            yield text;
            yield padding(text.length);
        }
        yield header(name.subarray(0, NAME_BYTES), data.length, isExecutable ? 0o755 : 0o644);
        if (data.length > 0) yield data;
        yield padding(data.length);
    }
    yield Buffer.alloc(2 * BLOCK);
}

function padding(length: number): Buffer {
    return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}

/** Owner 0, time 0: tar run by root gives the files to root, with the time of 1970. */
function header(name: Buffer, size: number, mode: number, type: string = REGULAR): Buffer {
    const block = Buffer.alloc(BLOCK);
    const octal = (value: number, at: number, digits: number): void => {
        block.write(value.toString(8).padStart(digits, "0"), at, "latin1");
    };
    name.copy(block);
    octal(mode, 100, 7);
    octal(0, 108, 7);
    octal(0, 116, 7);
    octal(size, 124, 11);
    octal(0, 136, 11);
    block.fill(" ", 148, 156);
    block.write(type, 156, "latin1");
    block.write("ustar\u000000", 257, "latin1");
    const sum = block.reduce((total, byte) => total + byte, 0);
    octal(sum, 148, 6);
    block[154] = 0;
    return block;
}

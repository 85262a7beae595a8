// SPDX-License-Identifier: MIT
// The board's half of fetching files: a script that the executable there runs, so that nothing
// depends on which tools a board's image has.

/** What stands in front of the answer: behind whatever a login shell may have printed. */
export const ANSWER_MARK = "maixjs-files 1\n";
/** In place of a piece's length: an error's text follows, and this file ends. */
export const PIECE_FAILED = 0xffffffff;
export const PIECE_BYTES_MAX = 65536;

export type BoardRequest =
    | {
          readonly what: "list";
          /** The working folder; null: the usual one. */
          readonly folder: string | null;
          /** 0: only the folder itself. */
          readonly depth: number;
          readonly entriesMax: number;
      }
    | {
          readonly what: "get";
          readonly folder: string | null;
          readonly paths: readonly string[];
      };

// `request` stands in front of it. A list is a line of JSON for each file. Files come in the order
// of `paths`, in pieces: a 32-bit length, big-endian, and so many bytes; 0 ends a file.
const PROGRAM = `
import * as std from "qjs:std";
import * as os from "qjs:os";
const folder = request.folder ?? std.getenv("HOME") + "/maixjs";
const isKind = (status, kind) => (status.mode & os.S_IFMT) === kind;
let left = request.entriesMax ?? 0;
function list(prefix, depth) {
    const [names] = os.readdir(folder + "/" + prefix);
    for (const name of [...(names ?? [])].sort()) {
        if (name === "." || name === ".." || left-- <= 0) continue;
        const path = prefix + name;
        const [status, failed] = os.lstat(folder + "/" + path);
        if (failed) continue;
        const { size, mtime, ctime, ino } = status;
        if (isKind(status, os.S_IFREG)) {
            std.out.puts(JSON.stringify({ path, size, stamp: [size, mtime, ctime, ino].join() }));
            std.out.puts("\\n");
        }
        if (isKind(status, os.S_IFDIR) && depth > 0) list(path + "/", depth - 1);
    }
}
const buffer = new ArrayBuffer(${PIECE_BYTES_MAX + 4});
const view = new DataView(buffer);
function fail(errno) {
    const text = std.strerror(errno);
    view.setUint32(0, ${PIECE_FAILED});
    view.setUint32(4, text.length);
    std.out.write(buffer, 0, 8);
    std.out.puts(text);
}
function send(path) {
    const fd = os.open(folder + "/" + path, os.O_RDONLY);
    if (fd < 0) return fail(-fd);
    for (;;) {
        const count = os.read(fd, buffer, 4, ${PIECE_BYTES_MAX});
        if (count < 0) fail(-count);
        else {
            view.setUint32(0, count);
            std.out.write(buffer, 0, 4 + count);
        }
        if (count <= 0) break;
    }
    os.close(fd);
}
std.out.puts(${JSON.stringify(ANSWER_MARK)});
if (request.what === "list") {
    list("", request.depth);
    std.out.puts(JSON.stringify({ end: true }) + "\\n");
} else for (const path of request.paths) send(path);
std.out.flush();
`;

export function boardProgram(request: BoardRequest): string {
    return `const request = ${JSON.stringify(request)};\n${PROGRAM}`;
}

// SPDX-License-Identifier: MIT
// Puts a program onto a board: checked, whole or not at all, and only where it is another one.

import { SUM_FUNCTION, sums } from "./checksum.ts";
import { UserError } from "./errors.ts";
import { formatBytes, startProgress } from "./progress.ts";
import type { Device, ExecResult } from "./ssh.ts";

export interface Program {
    /** For messages: "maixjs". */
    readonly name: string;
    readonly bytes: Buffer;
    /** Absolute path on the board. */
    readonly path: string;
    /** How its `--version` begins there. */
    readonly version: string;
}

/** How the programs of a board are compared: $1 the path, prints its sum. */
const COMPARE = `${SUM_FUNCTION}
[ -f "$1" ] || exit 3
echo "@sum $(sum "$1")"
`;

// $1 path, $2 bytes, $3 its sums, $4 how its version begins. Statuses are those of `failures`.
// The part is beside the file, so that the rename is atomic; a broken connection ends cat's input.
const INSTALL = `${SUM_FUNCTION}
umask 022
path=$(readlink -f "$1" 2>/dev/null)
[ -n "$path" ] || path=$1
[ ! -d "$path" ] || exit 20
folder=$(dirname "$path")
mkdir -p "$folder" || exit 21
rm -f "$path".part-*
part=$path.part-$$
trap 'rm -f "$part"' EXIT
trap 'exit 22' HUP INT TERM PIPE
cat > "$part" || exit 23
bytes=$(wc -c < "$part")
[ $((bytes)) -eq "$2" ] || exit 22
got=$(sum "$part")
case " $3 none " in *" $got "*) ;; *) exit 24 ;; esac
chmod 755 "$part" || exit 23
version=$("$part" --version 2>&1 < /dev/null) || { echo "@said $version"; exit 25; }
case $version in "$4"|"$4 "*) ;; *) echo "@said $version"; exit 25 ;; esac
sync
mv -f "$part" "$path" || exit 23
`;

/** What a copy leaves free: a full file system harms whatever else writes to it. */
const SPARE_BYTES = 64 << 10;

type Failure = (program: Program, said: string) => [message: string, hint: string];

const failures: Readonly<Record<number, Failure>> = {
    20: ({ path }) => [`${path} is a folder`, `say --to ${path}/maixjs`],
    21: ({ path }, said) => [`the folder of ${path} cannot be made`, said],
    22: ({ name }) => [`the copy of ${name} did not arrive whole`, "try again"],
    23: ({ path }, said) => [
        `${path} cannot be written`,
        /No space left/.test(said)
            ? `${said}\nmake room there, or say another place with --to`
            : `${said}\nlog in as root, or say another place with --to`,
    ],
    24: ({ name }) => [
        `${name} is not on the board what it is here (checksum)`,
        "its memory card or flash may be broken; try again",
    ],
    25: ({ name }, said) => [`${name} does not run on the board`, said],
};

function explain(device: Device, program: Program, ended: ExecResult): UserError {
    const said = /^@said (.*)$/m.exec(ended.stdout.toString())?.[1] ?? ended.stderr.trim();
    const failure = failures[ended.status];
    const [message, hint] = failure
        ? failure(program, said)
        : [`copying ${program.name} failed (status ${ended.status})`, said];
    const text = `${device.target}: ${message}; what was there is unchanged`;
    return new UserError(text, hint ? { hint } : {});
}

/** Whether the board has exactly this program, where it belongs. */
export async function isDeployed(device: Device, program: Program): Promise<boolean> {
    const { stdout } = await device.script(COMPARE, [program.path]);
    const sum = /^@sum (\w+:\w+)$/m.exec(stdout.toString())?.[1] ?? "";
    return sums(program.bytes).includes(sum);
}

/** Copies it, runs it there, and only then lets it take the old one's place. */
export async function copyProgram(
    device: Device,
    program: Program,
    freeBytes: number | null,
): Promise<void> {
    const { name, bytes, path, version } = program;
    if (freeBytes !== null && freeBytes < bytes.length + SPARE_BYTES) {
        const [has, needs] = [formatBytes(freeBytes), formatBytes(bytes.length)];
        throw new UserError(`${device.target} has ${has} free, and ${name} needs ${needs}`, {
            hint: "make room there, or say another place with --to",
        });
    }
    const progress = startProgress(`${name} to ${device.target}`, bytes.length);
    try {
        const args = [path, `${bytes.length}`, sums(bytes).join(" "), version];
        const ended = await device.script(INSTALL, args, {
            input: bytes,
            onInput: (done) => progress.update(done),
        });
        if (ended.status !== 0) throw explain(device, program, ended);
    } finally {
        progress.stop();
    }
}

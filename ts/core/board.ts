// SPDX-License-Identifier: MIT
// What a board is: its core, its image, what is free on it, and where the executable belongs.

import { STATUS, UserError } from "./errors.ts";
import type { Device } from "./ssh.ts";
import { targetFor } from "./targets.ts";

export interface Board {
    /** `uname -m`, such as "riscv64". */
    readonly machine: string;
    /** A name of targets.json whose executable runs there; null: there is none. */
    readonly target: string | null;
    /** "MaixCAM-Pro", or what else the system calls itself. */
    readonly name: string;
    /** The system's version, such as "maixcam-2025-01-24-maixpy-v4.9.0"; "" unknown. */
    readonly image: string;
    readonly isRoot: boolean;
    readonly home: string;
    /** Where the executable is, or goes: absolute. */
    readonly executable: string;
    /** Its `--version` there; null: it is missing or does not run. */
    readonly version: string | null;
    /** Why it does not run; null: it does, or it is missing. */
    readonly broken: string | null;
    /** Seconds that the board's clock is ahead of this machine's; null: it does not say. */
    readonly clockAheadS: number | null;
    readonly freeMemoryBytes: number | null;
    /** Free where the executable goes. */
    readonly freeDiskBytes: number | null;
    /** Free where scripts run, and record. */
    readonly freeHomeBytes: number | null;
    /** Whether app_store_cli is there. */
    readonly hasAppStore: boolean;
}

/** For sh: $x becomes the path of the executable that $1 names; "" is the usual place. */
export const FIND_EXECUTABLE = `
x=$1
case $x in
"")
    x=/usr/bin/maixjs
    [ "$(id -u)" = 0 ] || x=$HOME/.local/bin/maixjs ;;
"~/"*) x=$HOME/\${x#??} ;;
esac
`;

// $1: the executable's path; "": the usual place. Lines that begin with @ are answers: a login shell
// may print others. No awk, stat or base64: not every busybox has them.
const QUESTIONS = `${FIND_EXECUTABLE}
echo "@machine $(uname -m)"
echo "@uid $(id -u)"
echo "@folder $HOME"
echo "@executable $x"
sed -n 's/^name=/@name /p; s/^id=/@id /p' /boot/board 2>/dev/null
sed -n '1s/^/@image /p' /boot/ver 2>/dev/null
sed -n 's/^PRETTY_NAME=/@system /p' /etc/os-release 2>/dev/null
sed -n 's/^MemAvailable: *\\([0-9]*\\) kB/@memory \\1/p' /proc/meminfo 2>/dev/null
echo "@clock $(date +%s)"
free() {
    d=$2
    while [ ! -d "$d" ]; do d=$(dirname "$d"); done
    df -P -k "$d" 2>/dev/null | sed -n "\\$s/^/@$1 /p"
}
free disk "$(dirname "$x")"
free home "$HOME/maixjs"
command -v app_store_cli >/dev/null 2>&1 && echo "@store yes"
if [ -e "$x" ]; then
    v=$("$x" --version 2>&1 </dev/null) && echo "@version $v" || echo "@broken $v"
fi
exit 0
`;

const CLOCK_DIGITS = /^\d+$/;

/** The answers; of several with one name the last counts. */
function parseAnswers(text: string): Map<string, string> {
    const lines = text.matchAll(/^@(\w+) (.*)$/gm);
    return new Map([...lines].map(([, name = "", value = ""]) => [name, value.trim()]));
}

/** The fourth column of `df -P`: what is available, in kB. A file system's name may have spaces. */
function parseDisk(line: string): number | null {
    const kilobytes = / +\d+ +\d+ +(\d+) +\S+% /.exec(line)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

function unquote(text: string): string {
    return text.replace(/^"(.*)"$/, "$1");
}

/** One question to the board. `executable`: --to or the config's; else its usual place. */
export async function inspectBoard(device: Device, executable = ""): Promise<Board> {
    const { stdout, stderr } = await device.script(QUESTIONS, [executable]);
    const answers = parseAnswers(stdout.toString());
    const machine = answers.get("machine");
    if (!machine) {
        throw new UserError(`${device.target} does not answer as a board does`, {
            hint: stderr.trim() || "does its login shell run `sh`?",
        });
    }
    const clock = answers.get("clock") ?? "";
    const memory = answers.get("memory");
    return {
        machine,
        target: targetFor(machine),
        name: answers.get("name") ?? answers.get("id") ?? unquote(answers.get("system") ?? machine),
        image: answers.get("image") ?? unquote(answers.get("system") ?? ""),
        isRoot: answers.get("uid") === "0",
        home: answers.get("folder") ?? "/",
        executable: answers.get("executable") ?? "/usr/bin/maixjs",
        version: answers.get("version") ?? null,
        broken: answers.get("broken") ?? null,
        clockAheadS: CLOCK_DIGITS.test(clock)
            ? Number(clock) - Math.round(Date.now() / 1000)
            : null,
        freeMemoryBytes: memory === undefined ? null : Number(memory) * 1024,
        freeDiskBytes: parseDisk(answers.get("disk") ?? ""),
        freeHomeBytes: parseDisk(answers.get("home") ?? ""),
        hasAppStore: answers.get("store") === "yes",
    };
}

/** A path on the board that a user has given: absolute, or in the home folder there. */
export function checkBoardPath(path: string, option: string): void {
    if (/^(~?\/)/.test(path) && !path.endsWith("/") && !/\p{Cc}/u.test(path)) return;
    throw new UserError(`${option} ${path}: say the file's absolute path on the board`, {
        hint: `such as ${option} /root/bin/maixjs`,
        status: STATUS.usage,
    });
}

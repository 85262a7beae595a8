// SPDX-License-Identifier: MIT
// What `maixjs doctor` looks at on this machine.

import { spawnSync } from "node:child_process";

import { checkMicrophone, type Finding, ill, MICROPHONE_SCRIPT, notSeen, well } from "./doctor.ts";
import { messageOf } from "./errors.ts";
import { findEsbuild, findExecutable, NativeError, nativeEnv } from "./native.js";
import { ownVersion } from "./targets.ts";

const LIMIT_MS = 15_000;

function execute(executable: string, args: readonly string[], input = "") {
    return spawnSync(executable, args, {
        env: nativeEnv(),
        input,
        encoding: "utf8",
        timeout: 2 * LIMIT_MS,
    });
}

function checkExecutable(path: string): Finding {
    const what = "executable";
    const { status, stdout, stderr, error } = execute(path, ["--version"]);
    const version = stdout?.trim() ?? "";
    const own = `maixjs ${ownVersion()}`;
    const fix = "in a checkout `npm run build` makes it anew; else install the package again";
    if (status !== 0) return ill(what, `${path}: ${error?.message ?? stderr.trim()}`, fix);
    if (version === own || version.startsWith(`${own} `)) return well(what, `${version}, ${path}`);
    return ill(what, `${path} is ${version}, and this is ${own}`, fix);
}

function checkEsbuild(): Finding {
    const what = "esbuild";
    const path = process.env.MAIXJS_ESBUILD || findEsbuild();
    const fix = "install the package's dependencies again (`npm ci`), without --omit=optional";
    if (!path) return ill(what, "it is not installed: TypeScript cannot be run", fix);
    const { status, stdout, stderr, error } = spawnSync(path, ["--version"], { encoding: "utf8" });
    if (status === 0) return well(what, `${stdout.trim()}, ${path}`);
    const why = error?.message ?? stderr?.trim() ?? "";
    return ill(
        what,
        `${path} does not run: ${why}`,
        process.env.MAIXJS_ESBUILD ? "unset MAIXJS_ESBUILD" : fix,
    );
}

/** Opening any of its PCMs tells. */
const LIBASOUND_SCRIPT = `
import { audio } from "maix";
try { new audio.Recorder({ device: "alsa:null" }); console.log("@there"); }
catch (error) { console.log("@" + (error.code === "EUNSUPPORTED" ? error.message : "there")); }
`;

function checkLibasound(executable: string): Finding {
    const what = "libasound";
    const { stdout, stderr } = execute(
        executable,
        ["--timeout", `${LIMIT_MS}`, "-"],
        LIBASOUND_SCRIPT,
    );
    const said = /^@(.*)$/m.exec(stdout ?? "")?.[1];
    if (said === "there") return well(what, "");
    const [line = ""] = (stderr ?? "").trim().split("\n").slice(-1);
    return ill(
        what,
        said ?? line,
        "on Debian and Ubuntu: apt-get install libasound2 (libasound2t64)",
    );
}

/** `mic`: options of the executable, such as ["--mic", "sim:tone"]. */
export function examinePc(mic: readonly string[]): Finding[] {
    let executable: string;
    try {
        executable = findExecutable();
    } catch (error) {
        if (!(error instanceof NativeError)) throw error;
        const fix = "a board needs none of this: maixjs doctor --device root@maixcam-1234.local";
        const others = ["libasound", "microphone"].map(notSeen);
        return [ill("executable", messageOf(error), fix), checkEsbuild(), ...others];
    }
    const found = checkExecutable(executable);
    if (!found.isWell) return [found, checkEsbuild(), ...["libasound", "microphone"].map(notSeen)];
    const args = ["--timeout", `${LIMIT_MS}`, ...mic, "-"];
    const { stdout, stderr } = execute(executable, args, MICROPHONE_SCRIPT);
    return [
        found,
        checkEsbuild(),
        checkLibasound(executable),
        checkMicrophone(stdout ?? "", stderr ?? "", "maixjs devices"),
    ];
}

// SPDX-License-Identifier: MIT
// `maixjs doctor`: a checklist of a board, or of this PC, with a fix for each line that fails.

import { chooseDevice, loadConfig } from "../core/config.ts";
import type { Finding } from "../core/doctor.ts";
import { examineBoard } from "../core/doctor_board.ts";
import { examinePc } from "../core/doctor_pc.ts";
import { STATUS } from "../core/errors.ts";
import { harmless, paint } from "../core/progress.ts";
import { defineCommand, deviceHelp, deviceOptions, parse, refuseExtra } from "./command.ts";

const name = "doctor";

const LABEL_CELLS = 14;

function show(finding: Finding): void {
    const { what, isWell, detail, fix } = finding;
    const out = process.stdout;
    const mark =
        isWell === null
            ? paint("dim", "-   ", out)
            : isWell
              ? paint("green", "ok  ", out)
              : paint("red", "FAIL", out);
    out.write(`${mark}  ${what.padEnd(LABEL_CELLS)} ${harmless(detail)}`.trimEnd());
    out.write("\n");
    if (isWell !== false) return;
    for (const line of harmless(fix ?? "").split("\n")) {
        out.write(`      ${paint("yellow", line, out)}\n`);
    }
}

export default defineCommand({
    name,
    summary: "check a board, or this PC, and say what to mend",
    help: `Usage: maixjs doctor [--device <ssh> | --local] [--mic <device>]

Checks the way to a board (ssh, network, host key, key) and the board (architecture, executable,
clock, disk, memory, microphone), or this PC (executable, esbuild, libasound, microphone). What
fails has a line that mends it, and the status is 1 then.

${deviceHelp}
  --local          this PC, also where a board is set
  --mic <device>   the microphone to listen to (default: the board's own)

Example:
  maixjs doctor --device root@maixcam-1234.local
`,
    async run(argv) {
        const options = { ...deviceOptions, mic: { type: "string" } } as const;
        const { values, positionals } = parse(name, argv, options);
        refuseExtra(name, positionals);
        const { config } = await loadConfig();
        const target = chooseDevice(values, config);
        const mic = values.mic === undefined ? [] : ["--mic", values.mic];
        const findings =
            target === null ? examinePc(mic) : await examineBoard(target, config.executable, mic);
        for (const finding of findings) show(finding);
        return findings.every(({ isWell }) => isWell) ? STATUS.done : STATUS.failed;
    },
});

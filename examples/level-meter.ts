// SPDX-License-Identifier: MIT
// Shows how loud it is: a live bar on a terminal, plain lines elsewhere. Ctrl-C stops it.
//
//     maixjs examples/level-meter.ts

import * as os from "qjs:os";
import * as std from "qjs:std";
import { audio } from "maix";

const STDOUT = 1;
const FLOOR_DBFS = -60;
const isLive = os.isatty(STDOUT);

/** "######----" for a level, `width` characters. */
function bar(dbfs: number, width: number): string {
    const part = Math.max(0, Math.min(1, 1 - dbfs / FLOOR_DBFS));
    const full = Math.round(part * width);
    return "#".repeat(full) + "-".repeat(width - full);
}

const r = new audio.Recorder();
for await (const chunk of r.stream({ ms: isLive ? 50 : 500 })) {
    const { peakDbfs, rmsDbfs } = chunk.level();
    const numbers = `rms ${rmsDbfs.toFixed(1)} dBFS, peak ${peakDbfs.toFixed(1)} dBFS`;
    if (isLive) {
        const [columns] = os.ttyGetWinSize(STDOUT) ?? [80];
        const width = Math.max(10, columns - numbers.length - 4);
        std.out.puts(`\r[${bar(rmsDbfs, width)}] ${numbers}\u001b[K`);
        std.out.flush();
    } else {
        console.log(numbers);
    }
}
if (isLive) console.log();
r.close();

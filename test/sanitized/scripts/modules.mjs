// SPDX-License-Identifier: MIT
// The native modules besides audio, and the globals.
import { app, audio, fs, key, log, sys, time } from "maix";

console.log(app.appId(), typeof app.getAppDataPath(), fs.exists("record.mjs"));
fs.mkdir("x");
fs.listdir(".");
console.log(fs.realpath?.(".") !== "", Object.keys(sys).length > 0, typeof key, typeof log.info);
console.log(audio.fmtBits(audio.Format.FMT_S16_LE), time.ticksMs() > 0);
console.log(new TextEncoder().encode("é"), new URL("a?b=c", "http://d").href);
setTimeout(() => console.log("timer"), 1);
await new Promise((resolve) => setTimeout(resolve, 2));
console.table([{ a: 1 }]);
console.log(structuredClone(new Map([[1, { b: [2] }]])), process.cwd() !== "");

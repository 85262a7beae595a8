// SPDX-License-Identifier: MIT
// The types of `maix`: all maix:* modules as namespaces.

/// <reference path="audio/audio.d.ts" />
/// <reference path="app/app.d.ts" />
/// <reference path="time/time.d.ts" />
/// <reference path="key/key.d.ts" />
/// <reference path="fs/fs.d.ts" />
/// <reference path="sys/sys.d.ts" />
/// <reference path="err/err.d.ts" />
/// <reference path="log/log.d.ts" />

/**
 * Every `maix:*` module as a namespace, so that MaixPy's `from maix import audio, app, time`
 * ports word for word:
 *
 * ```ts
 * import { audio, app, time } from "maix";
 * ```
 */
declare module "maix" {
    /** Record a microphone, write WAV files, measure levels. */
    export * as audio from "maix:audio";
    /** The exit flag, and where an app's files are. */
    export * as app from "maix:app";
    /** Clocks and sleeping. */
    export * as time from "maix:time";
    /** The board's keys, and the key that ends a program. */
    export * as key from "maix:key";
    /** Files, folders and paths. */
    export * as fs from "maix:fs";
    /** The machine: memory, CPU, disks, network, names. */
    export * as sys from "maix:sys";
    /** MaixPy's error codes. */
    export * as err from "maix:err";
    /** Lines with a level. */
    export * as log from "maix:log";
}

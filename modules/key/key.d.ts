// SPDX-License-Identifier: MIT
// The types of `maix:key`: the board's keys, and the key that ends a program.

/**
 * The board's keys, as in MaixPy. On a PC, space and Enter of the terminal stand for the user key.
 *
 * ```ts
 * import { app, key, time } from "maix";
 *
 * const button = new key.Key();
 * while (!app.needExit()) {
 *     if (button.isPressed()) console.log("pressed");
 *     time.sleepMs(50);
 * }
 * ```
 *
 * or, in the event loop:
 *
 * ```ts
 * import { Key, State } from "maix:key";
 *
 * new Key((id, state) => {
 *     if (state === State.KEY_LONG_PRESSED) console.log(id, "long");
 * });
 * ```
 *
 * **Callbacks run in the event loop**, not on a thread of their own as in MaixPy: never in the middle
 * of other code, and not while a loop like the first one goes on (`time.sleepMs` does not run
 * them). A script that loops asks `isPressed()` or `read()` instead.
 *
 * ## The exit key
 * On a board, pressing any key stops the program as Ctrl-C does: `app.needExit()` turns true. While
 * a `Key` is open that is off; the keys are the script's. On a PC it is off, unless `MAIXJS_KEY` names
 * an input device.
 *
 * ## Devices
 * On a board (`/boot/board` or `/maixapp` exists): all of `/dev/input/event*` that have keys, as they
 * are when the `Key` is opened; touch screens and mice have none. On a PC: the terminal of standard
 * input, one `Key` at a time. While it is open, typed characters are not shown and other keys than
 * space and Enter are dropped; Ctrl-C works, and the terminal is restored however the program
 * ends, short of SIGKILL. A terminal does not tell releases: each press is followed by a release.
 * The option `device`, or `MAIXJS_KEY` without it, names an input device (or a FIFO of the kernel's
 * `struct input_event`, for tests).
 *
 * Errors have a `code`: `ENODEV` (there are no keys, standard input is no terminal), `ENOENT`, `EACCES`
 * (the group `input` may read devices), `EBUSY` (another `Key` reads the terminal; a callback takes the
 * events), `ECLOSED`, `ELOST` (the device is gone), `EUNSUPPORTED` (importing this in a worker).
 */
declare module "maix:key" {
    /** The keys that boards have; the kernel's numbers. Other devices may report others. */
    export const Keys: {
        readonly KEY_NONE: 0x000;
        readonly KEY_ESC: 0x001;
        readonly KEY_SPACE: 0x039;
        readonly KEY_LEFT: 0x069;
        readonly KEY_RIGHT: 0x06a;
        readonly KEY_POWER: 0x074;
        /** The user key. */
        readonly KEY_OK: 0x160;
        readonly KEY_OPTION: 0x165;
        readonly KEY_NEXT: 0x197;
        readonly KEY_PREV: 0x19c;
    };

    export const State: {
        readonly KEY_RELEASED: 0;
        readonly KEY_PRESSED: 1;
        /** Once, when a key has been down for `longPressTime`; it is still down. */
        readonly KEY_LONG_PRESSED: 2;
    };
    export type State = (typeof State)[keyof typeof State];

    export interface KeyOptions {
        /** Default true. Without it, nothing is read before `open()`. */
        open?: boolean;
        /** An input device in place of the board's keys or the terminal. */
        device?: string;
        /** Milliseconds until a key that stays down is `KEY_LONG_PRESSED`, 0 to 3,600,000. Default
         * 2000; 0: never. */
        longPressTime?: number;
    }

    /** Listens to keys until `close()`. */
    export class Key {
        /**
         * @param callback called in the event loop for each event, with the key's number (`Keys`) and
         *     its state; the program goes on until `close()` or the exit flag. What it throws is
         *     an uncaught error. When the device goes away, a line on stderr says so and the key is
         *     closed. Without it, ask `isPressed()` or `read()`; then an open `Key` keeps no program
         *     running.
         * @throws TypeError, RangeError; `ENODEV`, `ENOENT`, `EACCES`, `EBUSY`
         */
        constructor(callback?: ((key: number, state: State) => void) | null, options?: KeyOptions);
        /** Opens it again, or closes and opens it. Throws as the constructor does. */
        open(): void;
        /** Stops listening, restores the terminal. What was not taken is lost. Never fails. */
        close(): void;
        /** `close()`, for `using`. */
        [Symbol.dispose](): void;
        isOpened(): boolean;
        /**
         * True when a key is down, or was pressed since the last call: a short press is not missed.
         * Never waits; events stay what they are.
         * @param key one of `Keys`, 1 to 0x2ff; default: any
         * @throws TypeError, RangeError; `ECLOSED`, `ELOST`
         */
        isPressed(key?: number): boolean;
        /**
         * Takes the oldest event: the key's number and its state; `[0, 0]` when there is none. The last
         * 64 are kept. Never waits.
         * @throws `EBUSY` (this Key has a callback), `ECLOSED`, `ELOST` (behind the last event)
         */
        read(): [key: number, state: State];
        /**
         * Sets or gives the milliseconds until `KEY_LONG_PRESSED`, 0 to 3,600,000; 0: never.
         * @throws TypeError, RangeError
         */
        longPressTime(ms?: number): number;
    }

    /** Turns the exit key on (it is, from the start). Nothing where there is no key. */
    export function addDefaultListener(): void;
    /** Turns the exit key off, also when no `Key` is open. */
    export function rmDefaultListener(): void;
}

// SPDX-License-Identifier: MIT
// The types of `maix:audio`, continued: the list of devices.

declare module "maix:audio" {
    /**
     * The capture and playback devices of this machine. `maixjs devices` prints the same, and
     * `maixjs devices --json` exactly this. Looking disturbs nobody: a device that is in use is not
     * opened. Devices are listed in no promised order, the kernel's first.
     *
     * ```ts
     * const microphones = devices().devices.filter((d) => d.direction !== "playback" && !d.busy);
     * ```
     */
    export function devices(): Devices;

    export interface Devices {
        /** `"MaixCAM"`, `"MaixCAM-Pro"`, `"MaixCAM2"`; `null`: none of these boards. */
        board: string | null;
        /**
         * What a recorder takes without the option `device`, as far as it can be told without
         * opening it (`--mic`, `MAIXJS_MIC`, the board's microphone, `alsa:default`, `hw:0,0`);
         * `null`: there is none.
         */
        defaultDevice: string | null;
        devices: Device[];
        /** The kernel's sound cards. */
        cards: SoundCard[];
        /** What could not be looked at, and why (no permission, no libasound): for people. */
        notes: string[];
    }

    export interface Device {
        /** For the option `device` and `--mic`: `"hw:0,0"` (the kernel's), `"alsa:default"`. */
        device: string;
        /** For people. */
        name: string | null;
        /** `"both"`: libasound's configuration says nothing else. */
        direction: "capture" | "playback" | "both";
        /** It is `defaultDevice`. */
        isDefault: boolean;
        /** The number of its sound card; `null` for libasound's devices. */
        card: number | null;
        /** Sample formats by the kernel's names, e.g. `"S16_LE"`; `null`: not known. */
        formats: string[] | null;
        /** Hz: those of the usual rates that it really runs at; `null`: not known. */
        rates: number[] | null;
        channels: { min: number; max: number } | null;
        /** Who has it; `null`: it is free, or libasound's. */
        busy: { pid: number | null; program: string | null } | null;
    }

    export interface SoundCard {
        number: number;
        id: string;
        name: string;
        /** Its mixer. */
        controls: MixerControl[];
    }

    export interface MixerControl {
        name: string;
        /** The PCM device that it belongs to; 0 as a rule. */
        device: number;
        /** Of several that are called the same. */
        index: number;
        type: "integer" | "boolean" | "other";
        /** How many it has: one a channel, as a rule. */
        values: number;
        min: number;
        max: number;
        writable: boolean;
    }
}

// SPDX-License-Identifier: MIT
// The types of `maix:sys`: the machine.

/**
 * The machine that the script runs on: memory, CPU, disks, network, names.
 *
 * ```ts
 * import { sys } from "maix";
 *
 * const { total, used } = sys.memoryInfo();
 * console.log(sys.deviceName(), sys.bytesToHuman(used), "of", sys.bytesToHuman(total));
 * console.log(sys.ipAddress()); // { wlan0: "192.168.0.123" }
 * ```
 *
 * Every value is what the system says now; none is made up. What this machine cannot tell throws an
 * Error with `code` `EUNSUPPORTED` and a line that says where it was looked for. `EACCES`, `EIO`: it is
 * there and cannot be read. `EUNSUPPORTED` also: importing this module in a worker. TypeError and
 * RangeError for bad arguments.
 */
declare module "maix:sys" {
    /** The system: `/boot/ver` of a board, else the name in `/etc/os-release`. */
    export function osVersion(): string;
    /** The MaixPy on the board, such as `"4.4.21"`. `EUNSUPPORTED` where there is none. */
    export function maixpyVersion(): string;
    /** The version of maixjs. */
    export function runtimeVersion(): string;

    /**
     * The board's settings: `/boot/board`, and below it `/boot/boards/board.<id>`, lines `key=value`.
     * `EUNSUPPORTED` where there is no `/boot/board`.
     */
    export function deviceConfigs(): Record<string, string>;
    /** `"maixcam"`, `"maixcam_pro"`, …; elsewhere after the name, in small letters, digits and `_`. */
    export function deviceId(): string;
    /** `"MaixCAM"`, `"MaixCAM-Pro"`, `"MaixCAM2"`; elsewhere the model that the firmware names. */
    export function deviceName(): string;
    /** The board's own key, 32 hexadecimal digits. */
    export function deviceKey(): string;
    /** The host's name. */
    export function hostName(): string;
    /** The host's name in the local network: `<hostName()>.local`. */
    export function hostDomain(): string;

    /** IPv4 addresses by interface, without `lo`. */
    export function ipAddress(): Record<string, string>;
    /** Hardware addresses by interface, without `lo`. */
    export function macAddress(): Record<string, string>;

    export interface MemoryInfo {
        /** Bytes that Linux has. */
        readonly total: number;
        /** Bytes of these that programs cannot get any more. */
        readonly used: number;
        /** Bytes of the contiguous memory (CMA), which belong to `total`; 0 without. */
        readonly cmaTotal: number;
        readonly cmaUsed: number;
        /** Bytes of MaixCAM2's own memory (CMM), outside of `total`; only there. */
        readonly customTotal?: number;
        readonly customUsed?: number;
    }
    export function memoryInfo(): MemoryInfo;

    /** Hertz now, by CPU: `{ cpu0: 1000000000 }`. */
    export function cpuFreq(): Record<string, number>;
    /** Degrees Celsius: `{ cpu: 50.1 }`. */
    export function cpuTemp(): { cpu: number };
    /**
     * Percent busy, all and by CPU: `{ cpu: 12.5, cpu0: 25, cpu1: 0 }`, since the call before; the
     * first call: since the system started.
     */
    export function cpuUsage(): Record<string, number>;
    /** Hertz of the neural processor: `{ npu0: 500000000 }`. MaixCAM, as root. */
    export function npuFreq(): Record<string, number>;
    /** Seconds since the system started, to the hundredth. */
    export function uptime(): number;

    export interface DiskUsage {
        /** Bytes of the file system. */
        readonly total: number;
        /** Bytes in use. */
        readonly used: number;
        /** Bytes that this user can still write. */
        readonly free: number;
    }
    /** The file system that `path` is on. Default: `"/"`. `ENOENT`: there is nothing. */
    export function diskUsage(path?: string): DiskUsage;
    export interface DiskPartition {
        readonly device: string;
        readonly mountpoint: string;
        readonly fstype: string;
    }
    /** What is mounted. `onlyDisk`: only devices below `/dev/`; default true. */
    export function diskPartitions(options?: { readonly onlyDisk?: boolean }): DiskPartition[];

    /**
     * `"1.21 KB"` for 1234.
     * @param bytes 0 or more
     * @param options `precision`: digits behind the point, 0 to 20, default 2; `base`: 2 or more,
     * default 1024; `unit`: default `"B"`; `sep`: default a blank
     */
    export function bytesToHuman(
        bytes: number,
        options?: {
            readonly precision?: number;
            readonly base?: number;
            readonly unit?: string;
            readonly sep?: string;
        },
    ): string;

    /**
     * Turns the board off, in good order: programs are asked to stop, and this one too
     * (`app.needExit()`). `EUNSUPPORTED` on a machine that is no board.
     */
    export function poweroff(): void;
    /** Starts the board again, likewise. */
    export function reboot(): void;
}

// SPDX-License-Identifier: MIT
// maix:sys: what /proc, /sys and /boot say, and a few system calls (modules/sys/sys_js.c).

/// <reference path="../../modules/sys/sys.d.ts" />

import {
    checkFlags,
    checkNumber,
    checkString,
    checkWhole,
    type NativeBase,
} from "./maix_native.ts";
import {
    parseClock,
    parseCmm,
    parseCpuinfo,
    parseMaixpyVersion,
    parseMemory,
    parseMounts,
    parseSettings,
    parseTicks,
    positive,
    type Ticks,
    usageBetween,
} from "./maix_sys_parse.ts";

export interface Native extends NativeBase {
    version(): string;
    /** `[interface, address, …]` of IPv4. */
    addresses(): string[];
    diskUsage(path: string): [total: number, used: number, free: number];
    /** Runs the command, found in PATH, without arguments; its exit status. */
    run(command: string): number;
}

const CPUS_MAX = 256;
const ZONES_MAX = 32;
const CLOCKS = "/sys/kernel/debug/clk/clk_summary";
const MAIXPY_VERSIONS = [
    "/usr/lib/python3.11/site-packages/maix/version.py",
    "/usr/local/lib/python3.13/site-packages/maix/version.py",
];

/** The name that a board's own firmware does not give it. */
function boardOf(model: string): string | undefined {
    if (/maixcam ?2/i.test(model)) return "MaixCAM2";
    if (/maixcam[- ]?pro/i.test(model)) return "MaixCAM-Pro";
    return /maixcam|licheerv nano/i.test(model) ? "MaixCAM" : undefined;
}

export function create(native: Native): typeof import("maix:sys") {
    let ticks: Ticks = {};

    const none = (what: string, where: string): never =>
        native.fail("EUNSUPPORTED", `this machine does not tell ${what}: ${where}`);
    const textOf = (path: string): string | undefined =>
        native
            .readText(path)
            ?.replace(/[\0\s]+$/, "")
            .trimStart() || undefined;

    function configs(): Record<string, string> | undefined {
        const text = native.readText("/boot/board");
        if (text === undefined) return undefined;
        const own = parseSettings(text);
        if (!/^[\w.-]{1,64}$/.test(own.id ?? "")) return own;
        const shared = native.readText(`/boot/boards/board.${own.id}`);
        return { ...(shared === undefined ? {} : parseSettings(shared)), ...own };
    }

    const model = (): string | undefined =>
        textOf("/proc/device-tree/model") ?? textOf("/sys/class/dmi/id/product_name");
    const board = (): string | undefined =>
        configs()?.name || configs()?.id || boardOf(textOf("/proc/device-tree/model") ?? "");

    function deviceName(): string {
        const settings = configs();
        const named = model();
        return (
            settings?.name ||
            boardOf(named ?? "") ||
            named ||
            none("its name", "no /boot/board, device tree or DMI")
        );
    }

    const hostName = (): string =>
        textOf("/proc/sys/kernel/hostname") ?? none("its name", "no /proc/sys/kernel/hostname");

    function cpuFreq(): Record<string, number> {
        const rates: Record<string, number> = {};
        for (let i = 0; i < CPUS_MAX; i++) {
            const folder = `/sys/devices/system/cpu/cpu${i}/cpufreq`;
            const khz = positive(native.readText(`${folder}/scaling_cur_freq`));
            if (khz === undefined) break;
            rates[`cpu${i}`] = khz * 1000;
        }
        if (Object.keys(rates).length > 0) return rates;
        const known = parseCpuinfo(native.readText("/proc/cpuinfo") ?? "");
        if (Object.keys(known).length > 0) return known;
        const hz = parseClock(native.readText(CLOCKS) ?? "", "clk_c906_0");
        return hz ? { cpu0: hz } : none("CPU frequencies", `no cpufreq, cpuinfo or ${CLOCKS}`);
    }

    function cpuTemp(): { cpu: number } {
        let first: number | undefined;
        for (let i = 0; i < ZONES_MAX; i++) {
            const zone = `/sys/class/thermal/thermal_zone${i}`;
            const text = native.readText(`${zone}/temp`)?.trim();
            if (text === undefined) break;
            if (!/^-?\d{1,6}$/.test(text)) continue;
            const degrees = Number(text) / 1000;
            if (/cpu|soc|pkg/i.test(native.readText(`${zone}/type`) ?? "")) return { cpu: degrees };
            first ??= degrees;
        }
        return first === undefined
            ? none("temperatures", "no /sys/class/thermal/thermal_zone0")
            : { cpu: first };
    }

    function byInterface(pairs: Iterable<[string, string]>): Record<string, string> {
        return Object.fromEntries([...pairs].filter(([name]) => name !== "lo"));
    }

    function end(command: "poweroff" | "reboot"): void {
        const name = board();
        if (name === undefined) {
            native.fail("EUNSUPPORTED", `${command} is for boards: this is none (no /boot/board)`);
        }
        const status = native.run(command);
        if (status !== 0) native.fail("EIO", `${command} ended with status ${status}`);
    }

    return {
        osVersion: () =>
            textOf("/boot/ver") ??
            parseSettings(native.readText("/etc/os-release") ?? "").PRETTY_NAME?.replace(
                /"/g,
                "",
            ) ??
            none("its version", "no /boot/ver or /etc/os-release"),
        maixpyVersion() {
            for (const path of MAIXPY_VERSIONS) {
                const version = parseMaixpyVersion(native.readText(path) ?? "");
                if (version !== undefined) return version;
            }
            return none("a version of MaixPy", `no ${MAIXPY_VERSIONS.join(", no ")}`);
        },
        runtimeVersion: () => native.version(),
        deviceConfigs: () => configs() ?? none("settings of a board", "no /boot/board"),
        deviceId: () =>
            configs()?.id ||
            deviceName()
                .toLowerCase()
                .replace(/[^a-z0-9]+/g, "_"),
        deviceName,
        deviceKey: () => textOf("/device_key") ?? none("a key", "no /device_key"),
        hostName,
        hostDomain: () => `${hostName()}.local`,
        ipAddress() {
            const found = native.addresses();
            const pairs: [string, string][] = [];
            for (let i = 0; i + 1 < found.length; i += 2) {
                pairs.push([found[i] as string, found[i + 1] as string]);
            }
            return byInterface(pairs);
        },
        macAddress: () =>
            byInterface(
                native.readdir("/sys/class/net").flatMap((name): [string, string][] => {
                    const address = native.readText(`/sys/class/net/${name}/address`)?.trim();
                    return address && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(address)
                        ? [[name, address]]
                        : [];
                }),
            ),
        memoryInfo() {
            const text = native.readText("/proc/meminfo") ?? "";
            const total = parseMemory(text, "MemTotal");
            const available = parseMemory(text, "MemAvailable");
            if (total === undefined || available === undefined) {
                return none("its memory", "no MemTotal and MemAvailable in /proc/meminfo");
            }
            const cmaTotal = parseMemory(text, "CmaTotal") ?? 0;
            const cmaUsed = cmaTotal - (parseMemory(text, "CmaFree") ?? cmaTotal);
            const cmm = parseCmm(native.readText("/proc/ax_proc/mem_cmm_info") ?? "");
            const own = cmm && { customTotal: cmm[0], customUsed: cmm[1] };
            return { total, used: total - available, cmaTotal, cmaUsed, ...own };
        },
        cpuFreq,
        cpuTemp,
        cpuUsage() {
            const now = parseTicks(native.readText("/proc/stat") ?? "");
            if (now.cpu === undefined) return none("CPU times", "no cpu line in /proc/stat");
            const usage = usageBetween(ticks, now);
            ticks = now;
            return usage;
        },
        npuFreq() {
            const hz = parseClock(native.readText(CLOCKS) ?? "", "clk_tpu");
            return hz ? { npu0: hz } : none("the frequency of an NPU", `no clk_tpu in ${CLOCKS}`);
        },
        uptime() {
            const [, seconds] =
                /^(\d{1,12}\.\d\d) /.exec(native.readText("/proc/uptime") ?? "") ?? [];
            return seconds === undefined ? none("its uptime", "no /proc/uptime") : Number(seconds);
        },
        diskUsage(path = "/") {
            const [total, used, free] = native.diskUsage(checkString(path, "path"));
            return { total, used, free };
        },
        diskPartitions(options) {
            const { onlyDisk } = checkFlags(options, "diskPartitions", { onlyDisk: true });
            const mounts = parseMounts(native.readText("/proc/mounts") ?? "");
            return mounts.filter(({ device }) => !onlyDisk || device.startsWith("/dev/"));
        },
        bytesToHuman(bytes, options = {}) {
            const { precision = 2, base = 1024, unit = "B", sep = " ", ...unknown } = options;
            const [other] = Object.keys(unknown);
            if (other !== undefined) throw new TypeError(`bytesToHuman: unknown option "${other}"`);
            let rest = checkNumber(bytes, "bytes", 0, Number.MAX_VALUE);
            checkWhole(precision, "precision", 0, 20);
            checkNumber(base, "base", 2, Number.MAX_VALUE);
            const prefixes = ["", "K", "M", "G", "T", "P", "E", "Z", "Y"];
            let at = 0;
            for (; rest >= base && at < prefixes.length - 1; at++) rest /= base;
            const digits = rest.toFixed(precision);
            return digits + checkString(sep, "sep") + prefixes[at] + checkString(unit, "unit");
        },
        poweroff: () => end("poweroff"),
        reboot: () => end("reboot"),
    };
}

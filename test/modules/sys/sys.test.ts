// SPDX-License-Identifier: MIT
// maix:sys: this machine's values against Node's, and boards made of the files that they have.

import { existsSync, readFileSync, statfsSync } from "node:fs";
import { cpus, freemem, hostname, networkInterfaces, totalmem, uptime } from "node:os";

import { describe, expect, it } from "vitest";

import { create, type Native } from "../../../ts/runtime/maix_sys.ts";
import { evaluate as run } from "../../support/run.ts";

const evaluate = (code: string): Promise<unknown[]> => run(`import { sys } from "maix";\n${code}`);
const version: string = JSON.parse(readFileSync("package.json", "utf8")).version;

class Coded extends Error {
    readonly code: string;
    constructor(code: string, message: string) {
        super(message);
        this.code = code;
    }
}

/** The module on a machine that has these files and no others. */
function machine(files: Record<string, string>, commands: string[] = [], status = 0) {
    const native: Native = {
        readText: (path) => files[path],
        readdir: (folder) => {
            const inside = Object.keys(files).filter((path) => path.startsWith(`${folder}/`));
            return [
                ...new Set(inside.map((path) => path.slice(folder.length + 1).split("/")[0] ?? "")),
            ];
        },
        replace: () => {},
        fail: (code, message) => {
            throw new Coded(code, message);
        },
        getenv: () => undefined,
        version: () => "1.2.3",
        addresses: () => ["lo", "127.0.0.1", "wlan0", "192.168.0.123", "usb0", "10.0.0.1"],
        diskUsage: () => [100, 60, 30],
        run: (command) => {
            commands.push(command);
            return status;
        },
    };
    return create(native);
}

const fails = (call: () => unknown): string | undefined => {
    try {
        call();
    } catch (error) {
        return (error as Coded).code;
    }
    return "nothing";
};

describe("this machine", () => {
    it("has Node's names, addresses, memory and disks", async () => {
        const before = uptime();
        const [names, addresses, memory, disk, up] = await evaluate(`
            out([sys.hostName(), sys.hostDomain(), sys.runtimeVersion()]);
            out([sys.ipAddress(), sys.macAddress()]);
            out(sys.memoryInfo());
            out(sys.diskUsage("/"));
            out(sys.uptime());
        `);
        expect(names).toEqual([hostname(), `${hostname()}.local`, version]);
        const [ips, macs] = addresses as [Record<string, string>, Record<string, string>];
        for (const [name, list = []] of Object.entries(networkInterfaces())) {
            if (name === "lo") continue;
            const four = list.filter(({ family }) => family === "IPv4");
            if (four.length === 0) continue;
            expect(four.map(({ address }) => address)).toContain(ips[name]);
            expect(macs[name]).toBe(four[0]?.mac);
        }
        expect(ips.lo).toBeUndefined();
        const { total, used, cmaTotal } = memory as {
            total: number;
            used: number;
            cmaTotal: number;
        };
        expect(total).toBe(totalmem());
        expect(used).toBeGreaterThan(0);
        expect(used).toBeLessThan(total);
        expect(freemem()).toBeLessThanOrEqual(total);
        expect(cmaTotal).toBeGreaterThanOrEqual(0);
        const { blocks, bsize } = statfsSync("/");
        const space = disk as { total: number; used: number; free: number };
        expect(space.total).toBe(blocks * bsize);
        expect(space.used + space.free).toBeLessThanOrEqual(space.total);
        expect(up).toBeGreaterThanOrEqual(Math.floor(before));
        expect(up).toBeLessThanOrEqual(uptime() + 1);
    });

    it("says how busy its CPUs are, for each", async () => {
        const [usage] = await evaluate(`out(sys.cpuUsage());`);
        const values = usage as Record<string, number>;
        expect(Object.keys(values).sort()).toEqual(
            ["cpu", ...cpus().map((_, i) => `cpu${i}`)].sort(),
        );
        for (const percent of Object.values(values)) {
            expect(percent).toBeGreaterThanOrEqual(0);
            expect(percent).toBeLessThanOrEqual(100);
        }
    });

    it("has mounts, of disks or of all", async () => {
        const [disks, all] = (await evaluate(`
            out(sys.diskPartitions());
            out(sys.diskPartitions({ onlyDisk: false }));
        `)) as { device: string; mountpoint: string; fstype: string }[][];
        expect(
            all?.some(({ mountpoint, fstype }) => mountpoint === "/proc" && fstype === "proc"),
        ).toBe(true);
        expect(disks).toEqual(all?.filter(({ device }) => device.startsWith("/dev/")));
    });

    it.skipIf(existsSync("/boot/board"))("is no board, and is not turned off", async () => {
        const codes = await evaluate(`
            for (const name of ["deviceConfigs", "maixpyVersion", "poweroff", "reboot"])
                out(thrown(() => sys[name]()).code);
            out(thrown(() => sys.diskUsage("/none")).code);
        `);
        expect(codes).toEqual([...Array(4).fill("EUNSUPPORTED"), "ENOENT"]);
    });
});

describe("a board", () => {
    const pro = {
        "/boot/board": " id = maixcam_pro \nname=MaixCAM-Pro\n# note=x\n\nbroken\n",
        "/boot/boards/board.maixcam_pro": "id=other\npanel=a=b\n",
        "/boot/ver": "maixcam-2025-01-01-maixpy-v4.9.0\n",
        "/device_key": "0123456789abcdef0123456789abcdef\n",
        "/proc/device-tree/model": "LicheeRv Nano\0",
        "/usr/lib/python3.11/site-packages/maix/version.py":
            "# x\nversion_major = 4\nversion_minor = 9\nversion_patch = 12 # y\n",
        "/sys/kernel/debug/clk/clk_summary":
            "   clock   count\n      clk_c906_0    1  1  0  1000000000  0  0  50000\n clk_tpu 0 0 0 500000000 0 0 50000\n",
        "/sys/class/thermal/thermal_zone0/temp": "48123\n",
        "/sys/class/thermal/thermal_zone0/type": "soc_thermal_0\n",
    };

    it("tells what its files say", () => {
        const sys = machine(pro);
        expect({ ...sys.deviceConfigs() }).toEqual({
            id: "maixcam_pro",
            name: "MaixCAM-Pro",
            panel: "a=b",
        });
        expect([sys.deviceId(), sys.deviceName(), sys.osVersion(), sys.maixpyVersion()]).toEqual([
            "maixcam_pro",
            "MaixCAM-Pro",
            "maixcam-2025-01-01-maixpy-v4.9.0",
            "4.9.12",
        ]);
        expect(sys.deviceKey()).toBe("0123456789abcdef0123456789abcdef");
        expect([sys.cpuFreq(), sys.npuFreq(), sys.cpuTemp()]).toEqual([
            { cpu0: 1e9 },
            { npu0: 5e8 },
            { cpu: 48.123 },
        ]);
        expect(sys.ipAddress()).toEqual({ wlan0: "192.168.0.123", usb0: "10.0.0.1" });
    });

    it("is known by its device tree as well", () => {
        const sys = (model: string) => machine({ "/proc/device-tree/model": model });
        expect([sys("MaixCAM2\0").deviceName(), sys("MaixCAM2\0").deviceId()]).toEqual([
            "MaixCAM2",
            "maixcam2",
        ]);
        expect(sys("Sipeed LicheeRv Nano\0").deviceId()).toBe("maixcam");
        expect(sys("Sipeed MaixCAM Pro\0").deviceId()).toBe("maixcam_pro");
        expect(sys("ACME Router 3\0").deviceId()).toBe("acme_router_3");
    });

    it("has memory of its own", () => {
        const sys = machine({
            "/proc/meminfo":
                "MemTotal:  1000 kB\nMemAvailable: 400 kB\nCmaTotal: 64 kB\nCmaFree: 14 kB\n",
            "/proc/ax_proc/mem_cmm_info": "x\n ---- total size=2048KB(2MB),used=1024KB(1MB)\n",
        });
        expect(sys.memoryInfo()).toEqual({
            total: 1_024_000,
            used: 614_400,
            cmaTotal: 65_536,
            cmaUsed: 51_200,
            customTotal: 2_097_152,
            customUsed: 1_048_576,
        });
    });

    it("prefers the zone of the CPU, and the kernel's frequencies", () => {
        const sys = machine({
            "/sys/class/thermal/thermal_zone0/temp": "20000\n",
            "/sys/class/thermal/thermal_zone0/type": "battery\n",
            "/sys/class/thermal/thermal_zone1/temp": "-5500\n",
            "/sys/class/thermal/thermal_zone1/type": "x86_pkg_temp\n",
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1200000\n",
            "/sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq": "600000\n",
            "/proc/cpuinfo": "processor\t: 0\ncpu MHz\t\t: 1.0\n",
        });
        expect(sys.cpuTemp()).toEqual({ cpu: -5.5 });
        expect(sys.cpuFreq()).toEqual({ cpu0: 1.2e9, cpu1: 6e8 });
    });

    it("counts CPU time since the last look", () => {
        const files: Record<string, string> = {
            "/proc/stat": "cpu  10 0 10 70 10 0 0 0 99 9\ncpu0 0 0 0 5\n",
        };
        const sys = machine(files);
        expect(sys.cpuUsage()).toEqual({ cpu: 20, cpu0: 0 });
        expect(sys.cpuUsage()).toEqual({ cpu: 0, cpu0: 0 });
        files["/proc/stat"] = "cpu  60 0 10 110 20 0 0 0 99 9\ncpu0 5 0 0 0\n";
        expect(sys.cpuUsage()).toEqual({ cpu: 50, cpu0: 0 }); // cpu0 ran backwards
    });

    it("is turned off by its own command, and only a board", () => {
        const commands: string[] = [];
        machine(pro, commands).poweroff();
        machine({ "/proc/device-tree/model": "MaixCAM2" }, commands).reboot();
        expect(fails(() => machine({}, commands).poweroff())).toBe("EUNSUPPORTED");
        expect(fails(() => machine({ "/proc/device-tree/model": "PC" }, commands).reboot())).toBe(
            "EUNSUPPORTED",
        );
        expect(commands).toEqual(["poweroff", "reboot"]);
        expect(fails(() => machine(pro, commands, 1).poweroff())).toBe("EIO");
    });
});

const readers = [
    "osVersion",
    "maixpyVersion",
    "deviceConfigs",
    "deviceId",
    "deviceName",
    "deviceKey",
    "hostName",
    "hostDomain",
    "memoryInfo",
    "cpuFreq",
    "cpuTemp",
    "cpuUsage",
    "npuFreq",
    "uptime",
] as const;

describe("what a machine cannot tell", () => {
    it("is an error, never a value", () => {
        const sys = machine({});
        expect(readers.map((name) => fails(() => sys[name]()))).toEqual(
            readers.map(() => "EUNSUPPORTED"),
        );
        expect(sys.diskPartitions()).toEqual([]);
        expect(sys.macAddress()).toEqual({});
    });

    it("is an error also where its files hold anything else", () => {
        const paths = [
            "/boot/board",
            "/boot/ver",
            "/device_key",
            "/proc/meminfo",
            "/proc/stat",
            "/proc/cpuinfo",
            "/proc/uptime",
            "/proc/mounts",
            "/proc/device-tree/model",
            "/etc/os-release",
            "/sys/kernel/debug/clk/clk_summary",
            "/sys/class/thermal/thermal_zone0/temp",
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
            "/proc/ax_proc/mem_cmm_info",
            "/usr/lib/python3.11/site-packages/maix/version.py",
            "/sys/class/net/eth0/address",
        ];
        const hostile = [
            "",
            "\0",
            "\n\n",
            "=",
            "==\n=",
            "id=../../x\n",
            "__proto__=x\nconstructor=y\n",
            "cpu",
            "cpu  ",
            "cpu  -1 1 1 1\n",
            "cpu 1e9 x 1 1\n",
            `cpu ${"9".repeat(400)} 0 0 0\n`,
            "MemTotal: kB\n",
            "MemTotal: -1 kB\nMemAvailable: 99999999999999999999 kB\n",
            "processor\t: 0\ncpu MHz\t: nan\n",
            "clk_c906_0\nclk_tpu 1 2\n",
            "999999999999",
            "-0",
            "0x10",
            "x".repeat(100_000),
            "total size=KB used=KB",
            `total size=${"1".repeat(50)}KB used=1KB`,
            "\uD800\uFFFD\u0000\u202E",
            "a b\nc\n\\777 \\999 \\0\n",
            " ".repeat(50_000),
            "=".repeat(50_000),
        ];
        for (const text of hostile) {
            const sys = machine(Object.fromEntries(paths.map((path) => [path, text])));
            for (const name of readers) {
                let value: unknown;
                try {
                    value = sys[name]();
                } catch (error) {
                    expect((error as Coded).code, `${name} ${text.slice(0, 40)}`).toBe(
                        "EUNSUPPORTED",
                    );
                    continue;
                }
                for (const number of Object.values(value as object)) {
                    if (typeof number === "number") expect(Number.isFinite(number)).toBe(true);
                }
            }
            sys.diskPartitions({ onlyDisk: false });
            sys.macAddress();
        }
        expect(Object.prototype).not.toHaveProperty("x");
    });
});

describe("bytes for people", () => {
    it("are rounded, with the largest prefix that fits", async () => {
        const [texts] = await evaluate(`
            const f = sys.bytesToHuman;
            out([f(0), f(1023), f(1234), f(1024 ** 3 * 1.5), f(1500, { base: 1000 }), f(1e28),
                f(2048, { precision: 0, unit: "iB", sep: "" }), f(5e20)]);
        `);
        expect(texts).toEqual([
            "0.00 B",
            "1023.00 B",
            "1.21 KB",
            "1.50 GB",
            "1.50 KB",
            `${(1e28 / 1024 ** 8).toFixed(2)} YB`,
            "2KiB",
            "433.68 EB",
        ]);
    });

    it("need numbers that there are", async () => {
        const [names] = await evaluate(`
            const f = sys.bytesToHuman;
            const calls = [() => f(), () => f("1"), () => f(1, { digits: 2 }), () => f(1, { unit: 1 }),
                () => sys.diskUsage(5), () => sys.diskPartitions({ all: true }), () => f(-1), () => f(NaN),
                () => f(1, { base: 1 }), () => f(1, { precision: 21 }), () => f(1, { precision: 0.5 })];
            out(calls.map((call) => thrown(call).name));
        `);
        expect(names).toEqual([...Array(6).fill("TypeError"), ...Array(5).fill("RangeError")]);
    });
});

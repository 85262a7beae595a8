// SPDX-License-Identifier: MIT
// maix:key from scripts: a FIFO stands for the board's input device.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createFolder, type Ended, executable, run, writeFiles } from "../../support/process.ts";

const [EV_SYN, EV_KEY, KEY_OK] = [0, 1, 0x160];

let folder: ReturnType<typeof createFolder>;
let fifo: string;
let device: number;

beforeEach(() => {
    folder = createFolder();
    fifo = join(folder.work, "event0");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    // For reading as well: such a FIFO never waits for its other end.
    device = openSync(fifo, constants.O_RDWR);
});

afterEach(() => {
    if (device >= 0) closeSync(device);
    folder.remove();
});

function event(type: number, code: number, value: number): Buffer {
    const bytes = Buffer.alloc(24);
    bytes.writeUInt16LE(type, 16);
    bytes.writeUInt16LE(code, 18);
    bytes.writeInt32LE(value, 20);
    return bytes;
}

function press(code: number = KEY_OK): void {
    writeSync(device, Buffer.concat([event(EV_KEY, code, 1), event(EV_SYN, 0, 0)]));
}

function release(code: number = KEY_OK): void {
    writeSync(device, Buffer.concat([event(EV_KEY, code, 0), event(EV_SYN, 0, 0)]));
}

/** Unplugs it: a FIFO whose last writer is gone. */
function unplug(): void {
    closeSync(device);
    device = -1;
}

const head = `import { app, key, time } from "maix";
    const { Key, Keys, State } = key;
    const device = "event0";
    const codeOf = (call) => { try { return call(); } catch (e) { return e.code ?? e.name; } };\n`;

/** Runs a script; `steps[n]` is done once it has printed "step n". */
function script(
    text: string,
    steps: readonly (() => void)[] = [],
    env: Record<string, string> = {},
): Promise<Ended> {
    writeFiles(folder.work, { "script.mjs": head + text });
    let done = 0;
    return run(["script.mjs"], {
        cwd: folder.work,
        env,
        stopWhen: (stdout) => {
            for (; stdout.includes(`step ${done}\n`); done++) steps[done]?.();
            return false;
        },
    });
}

describe("a callback", () => {
    it("gets key and state in the event loop, until close()", async () => {
        const ended = await script(
            `const button = new Key((id, state) => {
                console.log(id, state);
                if (id === Keys.KEY_NEXT) button.close();
            }, { device });
            console.log("step 0");`,
            [
                () => {
                    press();
                    release();
                    press(0x197);
                    release(0x197);
                },
            ],
        );
        expect(ended).toMatchObject({
            status: 0,
            stdout: "step 0\n352 1\n352 0\n407 1\n",
            stderr: "",
        });
    });

    it("gets one long press", async () => {
        const ended = await script(
            `const button = new Key((id, state) => {
                console.log(id, state);
                if (state === State.KEY_LONG_PRESSED) console.log("step 1");
                if (state === State.KEY_RELEASED) button.close();
            }, { device, longPressTime: 1 });
            console.log("step 0");`,
            [press, release],
        );
        expect(ended.stdout).toBe("step 0\n352 1\n352 2\nstep 1\n352 0\n");
    });

    it("that throws is an uncaught error", async () => {
        const ended = await script(
            `new Key(() => { throw new Error("from the callback"); }, { device });
            console.log("step 0");`,
            [press],
        );
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(/^Error: from the callback\n/m);
    });

    it("may close and drop its Key, and does not keep it from being collected", async () => {
        const ended = await script(
            `import * as std from "qjs:std";
            (() => {
                let button = new Key(() => { button.close(); button = null; std.gc(); }, { device });
            })();
            std.gc();
            console.log("step 0");`,
            [press],
        );
        expect(ended).toMatchObject({ status: 0, stderr: "" });
    });

    it("ends with the device: a line says so, and the program goes on", async () => {
        const ended = await script(
            `const button = new Key((id, state) => console.log(id, state), { device });
            setTimeout(function look() {
                if (button.isOpened()) setTimeout(look, 1);
                else console.log(codeOf(() => button.isPressed()), codeOf(() => button.read()));
            }, 1);
            console.log("step 0");`,
            [
                () => {
                    press();
                    unplug();
                },
            ],
        );
        expect(ended).toEqual({
            status: 0,
            signal: null,
            stdout: "step 0\n352 1\n352 0\nELOST ELOST\n",
            stderr: "maixjs: the device of a Key is gone\n",
        });
    });

    it("is open at the end of the program without harm", async () => {
        const ended = await script(
            `new Key(() => app.setExitFlag(true), { device }); new Key(null, { device: "event0" });
            console.log("step 0");`,
            // One of the two readers of the FIFO gets each of them.
            [
                () => {
                    for (let count = 0; count < 200; count++) {
                        press();
                        release();
                    }
                    unplug();
                },
            ],
        );
        expect(ended.status).toBe(0);
    });
});

describe("without a callback", () => {
    it("read() gives the events in order, isPressed() misses no short press", async () => {
        const ended = await script(
            `const button = new Key(null, { device });
            console.log(button.read(), button.isPressed());
            console.log("step 0");
            while (!button.isPressed()) time.sleepMs(1);
            console.log("step 1");
            const events = [];
            while (events.length < 4) {
                const event = button.read();
                if (event[0] !== Keys.KEY_NONE) events.push(event.join(" "));
                else time.sleepMs(1);
            }
            console.log(events, button.isPressed(Keys.KEY_NEXT), button.isPressed());
            button.close();
            console.log(codeOf(() => button.read()), codeOf(() => button.isPressed()));`,
            [
                () => {
                    press();
                    release();
                },
                () => {
                    press(0x197);
                    release(0x197);
                },
            ],
        );
        expect(ended.stderr).toBe("");
        expect(ended.stdout.replace(/step \d\n/g, "")).toBe(
            "[ 0, 0 ] false\n" +
                "[ '352 1', '352 0', '407 1', '407 0' ] true false\nECLOSED ECLOSED\n",
        );
    });

    it("does not keep the program running", async () => {
        expect((await script("new Key(null, { device });")).status).toBe(0);
    });

    it("tells the events before it tells that the device is gone", async () => {
        const ended = await script(
            `const button = new Key(null, { device });
            console.log("step 0");
            const seen = [];
            for (;;) {
                const event = codeOf(() => button.read());
                if (event[0] === Keys.KEY_NONE) { time.sleepMs(1); continue; }
                seen.push(String(event));
                if (event === "ELOST") break;
            }
            console.log(seen, codeOf(() => button.isPressed()), codeOf(() => button.isPressed()));`,
            [
                () => {
                    press();
                    unplug();
                },
            ],
        );
        expect(ended.stdout).toBe("step 0\n[ '352,1', '352,0', 'ELOST' ] true ELOST\n");
    });

    it("opens and closes again and again", async () => {
        const ended = await script(
            `import * as os from "qjs:os";
            const count = () => os.readdir("/proc/self/fd")[0].length;
            const button = new Key(null, { device, open: false });
            console.log(button.isOpened(), codeOf(() => button.read()));
            const before = count();
            for (let i = 0; i < 50; i++) { button.open(); button.open(); button.close(); button.close(); }
            { using other = new Key(() => {}, { device }); }
            console.log(button.isOpened(), count() - before);`,
        );
        // The first callback makes the event loop, which has no descriptor of its own.
        expect(ended).toMatchObject({ status: 0, stdout: "false ECLOSED\nfalse 0\n", stderr: "" });
    });
});

describe("bad arguments", () => {
    it("are refused, with nothing left open", async () => {
        const ended = await script(
            `console.log([
                () => new Key(1), () => new Key(null, { device: 1 }), () => new Key(null, 1),
                () => new Key(null, { open: 1 }), () => new Key(null, { longPressTime: -1 }),
                () => new Key(null, { unknown: 1 }), () => Key(),
                () => new Key(null, { device: "nothing" }), () => new Key(null, { device: "a\\0b" }),
                () => new Key(null, { device }).isPressed(0),
                () => new Key(null, { device }).isPressed("1"),
                () => new Key(null, { device }).longPressTime(1e9),
                () => new Key(() => {}, { device, open: false }).read(),
                () => new Key(null, { device }).longPressTime(),
                () => new Key(null, { device }).longPressTime(7),
                () => new Key(),
            ].map(codeOf).join(" "));
            const busy = new Key(() => {}, { device });
            console.log(codeOf(() => busy.read()));
            busy.close();`,
        );
        expect(ended).toMatchObject({
            status: 0,
            stdout:
                "TypeError TypeError TypeError TypeError RangeError TypeError TypeError ENOENT " +
                "RangeError RangeError TypeError RangeError ECLOSED 2000 7 ENODEV\nEBUSY\n",
            stderr: "",
        });
    });
});

describe("the exit key", () => {
    const env = { MAIXJS_KEY: "event0" };
    const loop = "while (!app.needExit()) time.sleepMs(60_000); console.log('finish!');";

    it("sets the exit flag, also of a script that does not know of keys", async () => {
        const ended = await script(`console.log("step 0"); ${loop}`, [press], env);
        expect(ended).toMatchObject({ status: 0, stdout: "step 0\nfinish!\n" });
    });

    it("ends an idle event loop", async () => {
        const ended = await script(
            `setInterval(() => {}, 1e9); console.log("step 0");`,
            [press],
            env,
        );
        expect(ended).toMatchObject({ status: 0, stdout: "step 0\n" });
    });

    it("is off while a Key is open, and on again when it is closed", async () => {
        const ended = await script(
            `const button = new Key();
            console.log("step 0");
            while (!button.isPressed()) time.sleepMs(1);
            console.log(app.needExit());
            button.close();
            console.log("step 1");
            ${loop}`,
            [press, press],
            env,
        );
        expect(ended).toMatchObject({
            status: 0,
            stdout: "step 0\nfalse\nstep 1\nfinish!\n",
        });
    });

    it("can be turned off and on", async () => {
        const ended = await script(
            `import * as os from "qjs:os";
            const threads = () => os.readdir("/proc/self/task")[0].length;
            const before = threads();
            key.rmDefaultListener();
            key.rmDefaultListener();
            // The system takes a joined thread off its list a little later.
            while (threads() !== before - 1) time.sleepMs(1);
            console.log("off");
            key.addDefaultListener();
            key.addDefaultListener();
            console.log("step 0");
            ${loop}`,
            [press],
            env,
        );
        expect(ended).toMatchObject({ status: 0, stdout: "off\nstep 0\nfinish!\n" });
    });

    it("that is not there, or goes away, is no failure", async () => {
        const missing = await script("console.log('ran');", [], { MAIXJS_KEY: "nothing" });
        expect(missing).toMatchObject({ status: 0, stdout: "ran\n", stderr: "" });
        const gone = await script(
            `console.log("step 0"); setTimeout(() => console.log("ran"), 50);`,
            [unplug],
            env,
        );
        expect(gone).toMatchObject({ status: 0, stdout: "step 0\nran\n", stderr: "" });
    });
});

describe("the terminal", () => {
    /** Runs the script with a pseudo-terminal as standard input; `keys[n]` is typed at "step n". */
    function typed(
        text: string,
        ...keys: string[]
    ): Promise<{ status: number; settings: string[] }> {
        const driver = `
import os, pty, subprocess, sys, termios
master, slave = pty.openpty()
def settings():
    flags = termios.tcgetattr(slave)[3]
    return "%d%d" % (bool(flags & termios.ICANON), bool(flags & termios.ECHO))
def own():
    os.setsid()
    import fcntl
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
print(settings(), flush=True)
p = subprocess.Popen(sys.argv[1:3], stdin=slave, stdout=subprocess.PIPE, preexec_fn=own)
for line in p.stdout:
    if line.startswith(b"step "):
        print(settings(), flush=True)
        os.write(master, sys.argv[3 + int(line[5:])].encode())
    else: print(line.decode().strip(), flush=True)
p.wait()
print(settings(), flush=True)
sys.exit(p.returncode)`;
        writeFiles(folder.work, { "script.mjs": head + text });
        return new Promise((resolve, reject) => {
            const args = ["-c", driver, executable, "script.mjs", ...keys];
            const child = spawn("python3", args, { cwd: folder.work });
            let stdout = "";
            child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
                stdout += chunk;
            });
            child.on("error", reject);
            child.on("close", (status) =>
                resolve({ status: status ?? -1, settings: stdout.trim().split("\n") }),
            );
        });
    }

    it("gives space and Enter as the user key, and is restored", async () => {
        const ended = await typed(
            `let count = 0;
            const button = new Key((id, state) => {
                console.log(id, state);
                if (++count === 4) button.close();
            });
            console.log("step 0");`,
            "x \r",
        );
        expect(ended).toEqual({
            status: 0,
            settings: ["11", "00", "352 1", "352 0", "352 1", "352 0", "11"],
        });
    });

    it.each([
        ["Ctrl-C, which still works", "setInterval(() => {}, 1e9);", "\x03", 0],
        ["process.exit in a callback", "", " ", 7],
    ])("is restored after %s", async (_, text, keys, status) => {
        const ended = await typed(
            `new Key(() => process.exit(7)); ${text} console.log("step 0");`,
            keys,
        );
        expect(ended).toEqual({ status, settings: ["11", "00", "11"] });
    });

    it("is restored when the program is ended by force", async () => {
        const ended = await typed(
            `new Key(() => { const s = "a".repeat(28) + "b"; 
                console.log("step 1"); for (;;) /^(a+)+$/.test(s); });
            console.log("step 0");`,
            " ",
            "\x03",
        );
        expect(ended.settings).toEqual(["11", "00", "00", "11"]);
        expect(ended.status).toBe(130);
    });
});

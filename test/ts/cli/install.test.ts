// SPDX-License-Identifier: MIT
// Apps onto a board over ssh: installed, updated, refused, cut off, listed, removed.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { strToU8, zipSync } from "fflate";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { cli, makeFolder } from "../../support/cli.ts";
import type { Ended } from "../../support/process.ts";
import { type Board, boardsCanRun, startBoard } from "../../support/sshd.ts";

let board: Board;

/** An app.yaml. */
function yaml(id = "my_app", version = "1.2.3"): string {
    return `id: ${id}\nname: My App\nversion: ${version}\nauthor: Me\ndesc: It does it\n`;
}

function project(more: Readonly<Record<string, string>> = {}): string {
    return makeFolder({ "app.yaml": yaml(), "main.ts": 'console.log("hello");\n', ...more });
}

function on(cwd: string, args: readonly string[], user = "root"): Promise<Ended> {
    const env = { MAIXJS_SSH_CONFIG: board.sshConfig, MAIXJS_DEVICE: `${user}@board` };
    return cli(args, { cwd, env });
}

/** A file on the board, as this machine sees it. */
const at = (path: string): string => join(board.root, path);
const read = (path: string): string => readFileSync(at(path), "utf8");
const modeOf = (path: string): number => statSync(at(path)).mode & 0o777;

/** A program on the board. */
function program(path: string, script: string): void {
    writeFileSync(at(path), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** What installing leaves behind besides apps: nothing. */
function leftovers(): string[] {
    return readdirSync(at("/maixapp")).filter((name) => !["apps", "tmp"].includes(name));
}

/** The board as it was. */
async function clear(): Promise<void> {
    const { status, stderr } = await board.sh(
        "rm -rf /maixapp/* /maixapp/.m* /usr/bin/app_store_cli /usr/bin/python3 /tmp/*; " +
            "mkdir -p /maixapp/apps /maixapp/tmp",
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

describe.skipIf(!boardsCanRun)("a board's apps", () => {
    beforeAll(async () => {
        board = await startBoard();
    });
    afterEach(clear);
    afterAll(async () => {
        await board?.stop(); // undefined: it did not start
    });

    describe("install", () => {
        it("packs the project and puts it where the launcher looks", async () => {
            const cwd = project({ "assets/a.txt": "a", [`deep/${"long ".repeat(30)}/ü.txt`]: "ü" });
            const { status, stdout, stderr } = await on(cwd, ["install"]);
            expect({ status, stderr }).toEqual({
                status: 0,
                stderr: "maixjs: my_app 1.2.3 to root@board…\n",
            });
            expect(stdout).toBe(
                "installed my_app 1.2.3; the launcher shows it when it starts next\n",
            );
            expect(existsSync(join(cwd, "dist/my_app_v1.2.3.zip"))).toBe(true);
            expect(modeOf("/maixapp/apps/my_app/my_app")).toBe(0o755);
            expect(modeOf("/maixapp/apps/my_app/main.js")).toBe(0o644);
            expect(read("/maixapp/apps/my_app/app.yaml")).toBe(yaml());
            expect(read("/maixapp/apps/my_app/assets/a.txt")).toBe("a");
            expect(read(`/maixapp/apps/my_app/deep/${"long ".repeat(30)}/ü.txt`)).toBe("ü");
            expect(read("/maixapp/apps/app.info")).toBe(
                "[basic]\nversion=1\n\n[my_app]\nname=My App\nversion=1.2.3\nauthor=Me\n" +
                    "desc=It does it\nicon=/maixapp/share/icon/icon.json\nexec=my_app\n\n",
            );
            expect(leftovers()).toEqual([]);
        });

        it("updates: old files go, what the app has made stays", async () => {
            const cwd = project({ "old.txt": "", "data/set.ini": "shipped" });
            await on(cwd, ["install"]);
            const app = at("/maixapp/apps/my_app");
            writeFileSync(join(app, "take 1.wav"), "sound");
            mkdirSync(join(app, "takes"));
            writeFileSync(join(app, "takes/2.wav"), "sound");
            writeFileSync(join(app, "data/set.ini"), "changed");
            writeFileSync(join(app, "data/own.ini"), "own");
            const info = read("/maixapp/apps/app.info");
            writeFileSync(at("/maixapp/apps/app.info"), `${info}[other]\nname=x\n`);

            const newer = project({
                "app.yaml": yaml("my_app", "1.3.0"),
                "new.txt": "",
                "data/set.ini": "shipped again",
            });
            expect((await on(newer, ["install"])).stdout).toMatch(/^updated my_app 1\.3\.0;/);
            const names = readdirSync(app, { recursive: true, encoding: "utf8" }).sort();
            expect(names).toEqual(
                [
                    ...[".maixjs-files", "app.yaml", "data", "data/own.ini", "data/set.ini"],
                    ...["main.js", "my_app", "new.txt", "take 1.wav", "takes", "takes/2.wav"],
                ].sort(),
            );
            expect(read("/maixapp/apps/my_app/data/set.ini")).toBe("changed");
            expect(read("/maixapp/apps/my_app/take 1.wav")).toBe("sound");
            const sections = read("/maixapp/apps/app.info").match(/^\[.*\]$/gm);
            expect(sections).toEqual(["[basic]", "[other]", "[my_app]"]);
            expect(read("/maixapp/apps/app.info")).toContain("version=1.3.0\n");
            expect(leftovers()).toEqual([]);
        });

        it("lets the board's own tool make the list", async () => {
            writeFileSync(at("/maixapp/apps/gen_app_info.py"), "");
            program(
                "/usr/bin/python3",
                'echo "$@" >/tmp/called; ls /maixapp/apps >>/tmp/called; echo made >/maixapp/apps/app.info',
            );
            expect((await on(project(), ["install"])).status).toBe(0);
            expect(read("/tmp/called")).toBe(
                "/maixapp/apps/gen_app_info.py\ngen_app_info.py\nmy_app\n",
            );
            expect(read("/maixapp/apps/app.info")).toBe("made\n");
        });

        it("makes the list itself where that tool fails, and says so", async () => {
            writeFileSync(at("/maixapp/apps/gen_app_info.py"), "");
            program("/usr/bin/python3", 'echo "no module yaml" >&2; exit 1');
            const { status, stderr } = await on(project(), ["install"]);
            expect(status).toBe(0);
            expect(stderr).toContain(
                "maixjs: /maixapp/apps/gen_app_info.py failed: no module yaml\n",
            );
            expect(read("/maixapp/apps/app.info")).toContain("[my_app]\n");
        });

        it("leaves it to app_store_cli where there is one", async () => {
            program(
                "/usr/bin/app_store_cli",
                'echo "$@" >/tmp/called; cp "$2" /tmp/zip; cd /maixapp/apps && unzip -q "$2" && chmod -R a-x,a+X "$PWD"',
            );
            const cwd = project();
            const { status, stdout } = await on(cwd, ["install"]);
            expect(status).toBe(0);
            expect(stdout).toMatch(/^installed my_app 1\.2\.3 by app_store_cli;/);
            expect(read("/tmp/called")).toMatch(/^install \/maixapp\/\S+\/my_app_v1\.2\.3\.zip\n$/);
            const sent = readFileSync(at("/tmp/zip"));
            expect(sent.equals(readFileSync(join(cwd, "dist/my_app_v1.2.3.zip")))).toBe(true);
            expect(modeOf("/maixapp/apps/my_app/my_app")).toBe(0o755);
            expect(leftovers()).toEqual([]);
        });

        it("says when app_store_cli fails, by its status or without an app", async () => {
            program("/usr/bin/app_store_cli", 'echo "bad package"; exit 3');
            expect(await on(project(), ["install"])).toMatchObject({
                status: 1,
                stderr: expect.stringContaining("app_store_cli failed (status 3): bad package\n"),
            });
            program("/usr/bin/app_store_cli", "echo fine");
            expect((await on(project(), ["install"])).stderr).toContain(
                "failed (status 0): fine\n",
            );
            expect(leftovers()).toEqual([]);
        });

        it("takes another maker's zip, without modes, and refuses a harmful one unsent", async () => {
            const files = {
                "game/app.yaml": strToU8("id: game\nname: Game\nversion: 0.1.0\nextra: [1]\n"),
                "game/game": strToU8("#!/bin/sh\n"),
                "game/lib/x": strToU8("x"),
            };
            const cwd = makeFolder();
            writeFileSync(join(cwd, "game.zip"), zipSync(files));
            expect((await on(cwd, ["install", "game.zip"])).status).toBe(0);
            expect(modeOf("/maixapp/apps/game/game")).toBe(0o755);
            expect(modeOf("/maixapp/apps/game/lib/x")).toBe(0o644);

            const named = Object.entries(files).map(([path, data]) => {
                return [path.replaceAll("game", "app.info"), data];
            });
            const info = strToU8("id: app.info\nversion: 0.1.0\n");
            const taken = { ...Object.fromEntries(named), "app.info/app.yaml": info };
            writeFileSync(join(cwd, "taken.zip"), zipSync(taken));
            const list = read("/maixapp/apps/app.info");
            expect((await on(cwd, ["install", "taken.zip"])).stderr).toContain("no app's folder");
            expect(read("/maixapp/apps/app.info")).toBe(list);

            const before = board.connections();
            writeFileSync(join(cwd, "bad.zip"), zipSync({ ...files, "../../etc/x": strToU8("") }));
            const { status, stderr } = await on(cwd, ["install", "bad.zip"]);
            expect(status).toBe(1);
            expect(stderr).toMatch(/^maixjs: bad\.zip: [^\n]*invalid relative path[^\n]*\n$/);
            expect((await on(cwd, ["install", "gone.zip"])).stderr).toBe(
                "maixjs: there is no zip gone.zip\n",
            );
            expect(board.connections()).toBe(before);
        });

        it("refuses while the app runs, and changes nothing", async () => {
            await on(project(), ["install"]);
            await board.sh(
                "cd /maixapp/apps/my_app && mkdir data && cd data && (sleep 600 >/dev/null 2>&1 & echo $! >/tmp/pid)",
            );
            try {
                const pid = read("/tmp/pid").trim();
                for (const args of [["install"], ["uninstall", "my_app"]]) {
                    expect(await on(project(), args)).toMatchObject({
                        status: 1,
                        stderr: expect.stringContaining(`my_app is in use: process ${pid} `),
                    });
                }
                expect(existsSync(at("/maixapp/apps/my_app/main.js"))).toBe(true);
            } finally {
                await board.sh("kill $(cat /tmp/pid)");
            }
        });

        it("keeps the old version when the connection breaks, and tidies up the next time", async () => {
            await on(project(), ["install"]);
            const noise = Array.from({ length: 60_000 }, (_, i) => (i * 7919) % 9973).join(" ");
            const newer = project({ "app.yaml": yaml("my_app", "2.0.0"), noise });
            board.cutAfter(100_000);
            const { status, stderr } = await on(newer, ["install"]);
            expect(status).not.toBe(0);
            expect(stderr).toMatch(/\nmaixjs: [^\n]*connection[^\n]*\n/i);
            expect(read("/maixapp/apps/my_app/app.yaml")).toContain("1.2.3");
            expect((await on(newer, ["install"])).status).toBe(0);
            expect(read("/maixapp/apps/my_app/noise")).toBe(noise);
            // Where the board noticed the end of the connection late, it tidies up on its own.
            while (leftovers().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
        });

        it("finishes what a power cut has left", async () => {
            await on(project(), ["install"]);
            // Between the two renames: the old version is away, the new one not yet there.
            await board.sh(
                "cd /maixapp && mkdir -p .maixjs-install-99999/old .maixjs-install-99999/new && " +
                    "mv apps/my_app .maixjs-install-99999/old/",
            );
            const other = project({ "app.yaml": yaml("other") });
            expect((await on(other, ["install"])).status).toBe(0);
            expect(read("/maixapp/apps/my_app/app.yaml")).toBe(yaml());
            // Behind them: the new one is there, what the app has made is still with the old one.
            await board.sh(
                "cd /maixapp && mkdir -p .maixjs-install-99999/old && " +
                    "cp -r apps/my_app .maixjs-install-99999/old/ && " +
                    "echo sound >.maixjs-install-99999/old/my_app/take.wav",
            );
            expect((await on(other, ["install"])).status).toBe(0);
            expect(read("/maixapp/apps/my_app/take.wav")).toBe("sound\n");
            expect(leftovers()).toEqual([]);
        });

        it("needs a board with a launcher, and its root", async () => {
            await board.sh("chmod 755 /maixapp /maixapp/apps");
            expect(await on(project(), ["install"], "maker")).toMatchObject({
                status: 1,
                stderr: expect.stringContaining("/maixapp/apps on maker@board cannot be changed\n"),
            });
            await board.sh("rm -rf /maixapp/apps");
            for (const args of [["install"], ["apps"], ["uninstall", "x"], ["autostart", "off"]]) {
                expect((await on(project(), args)).stderr).toContain(
                    "root@board has no /maixapp/apps: it is no board with Maix's launcher\n",
                );
            }
        });
    });

    describe("apps, autostart, uninstall", () => {
        it("list, and start at boot", async () => {
            expect(await on(project(), ["apps"])).toMatchObject({
                status: 0,
                stdout: "",
                stderr: "maixjs: no app is installed\n",
            });
            await on(project(), ["install"]);
            await on(project({ "app.yaml": yaml("b", "10.0.0") }), ["install"]);
            mkdirSync(at("/maixapp/apps/broken folder"));
            const cwd = makeFolder();

            expect((await on(cwd, ["autostart"])).stdout).toBe("no app starts at boot\n");
            expect(await on(cwd, ["autostart", "gone"])).toMatchObject({
                status: 1,
                stderr: "maixjs: root@board has no app gone\n    maixjs apps --device root@board\n",
            });
            expect(existsSync(at("/maixapp/auto_start.txt"))).toBe(false);
            expect((await on(cwd, ["autostart", "b"])).stdout).toBe("b starts at boot\n");
            expect(read("/maixapp/auto_start.txt")).toBe("b");
            expect((await on(cwd, ["autostart"])).stdout).toBe("b starts at boot\n");

            expect(await on(cwd, ["apps"])).toMatchObject({
                stdout: "b       10.0.0  My App  (starts at boot)\nmy_app  1.2.3   My App\n",
                stderr: "maixjs: broken folder is no app: its app.yaml is missing or bad\n",
            });

            expect((await on(cwd, ["autostart", "off"])).stdout).toBe("no app starts at boot\n");
            expect(existsSync(at("/maixapp/auto_start.txt"))).toBe(false);
            expect(leftovers()).toEqual([]);
        });

        it("remove what is installed", async () => {
            const cwd = project();
            await on(cwd, ["install"]);
            await on(project({ "app.yaml": yaml("b", "10.0.0") }), ["install"]);
            await on(cwd, ["autostart", "b"]);
            expect(await on(cwd, ["uninstall", "b"])).toMatchObject({
                status: 0,
                stdout: "removed b\n",
                stderr: "maixjs: it no longer starts at boot\n",
            });
            expect(existsSync(at("/maixapp/apps/b"))).toBe(false);
            expect(existsSync(at("/maixapp/auto_start.txt"))).toBe(false);
            expect(read("/maixapp/apps/app.info").match(/^\[.*\]$/gm)).toEqual([
                "[basic]",
                "[my_app]",
            ]);
            expect(await on(cwd, ["uninstall", "b"])).toMatchObject({ status: 1 });
            expect(leftovers()).toEqual([]);
        });

        it("leave removing to app_store_cli where there is one", async () => {
            await on(project(), ["install"]);
            program("/usr/bin/app_store_cli", 'echo "$@" >/tmp/called; rm -r "/maixapp/apps/$2"');
            expect((await on(makeFolder(), ["uninstall", "my_app"])).status).toBe(0);
            expect(read("/tmp/called")).toBe("uninstall my_app\n");
        });

        it("take only ids", async () => {
            const cwd = makeFolder();
            const before = board.connections();
            for (const args of [["uninstall"], ["uninstall", "a", "b"], ["apps", "x"]]) {
                expect((await on(cwd, args)).status).toBe(2);
            }
            for (const id of ["../tmp", "x/", ".", "a b", "$(reboot)", "launcher"]) {
                expect((await on(cwd, ["uninstall", id])).status).not.toBe(0);
            }
            for (const id of ["../tmp", "x/"]) {
                expect((await on(cwd, ["autostart", id])).stderr).toContain(
                    `"${id}" is no app's id`,
                );
            }
            expect(board.connections()).toBe(before);
        });
    });
});

describe.skipIf(!boardsCanRun)("a board that is full", () => {
    beforeAll(async () => {
        board = await startBoard({ tmpfs: { "/maixapp": "1m" } });
        await clear();
    });
    afterAll(async () => {
        await board?.stop(); // undefined: it did not start
    });

    const big = (): string =>
        project({ "app.yaml": yaml("my_app", "2.0.0"), big: "x".repeat(1_500_000) });

    it("is asked before anything is sent", async () => {
        await on(project(), ["install"]);
        const { status, stderr } = await on(big(), ["install"]);
        expect(status).toBe(1);
        expect(stderr).toMatch(
            /^maixjs: root@board has [\d.]+ (k|M)B free, and my_app needs 1\.5 MB\n$/,
        );
        expect(read("/maixapp/apps/my_app/app.yaml")).toBe(yaml());
    });

    it("keeps the old version when it fills up meanwhile", async () => {
        await on(project(), ["install"]);
        // There is room for bytes, but not for so many files.
        const names = Array.from({ length: 50 }, (_, i) => [`f/${i}`, "x"]);
        const many = project({ "app.yaml": yaml("my_app", "2.0.0"), ...Object.fromEntries(names) });
        const mount = await board.sh("mount -o remount,size=1m,nr_inodes=30 /maixapp");
        expect(mount).toMatchObject({ status: 0, stderr: "" });
        const { status, stderr } = await on(many, ["install"]);
        expect(status).toBe(1);
        expect(stderr).toMatch(/the board could not store the app: .*No space left on device/);
        expect(read("/maixapp/apps/my_app/app.yaml")).toBe(yaml());
        expect(leftovers()).toEqual([]);
    });
});

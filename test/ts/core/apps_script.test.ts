// SPDX-License-Identifier: MIT
// The board's half of installing, in a folder here: what an update must never cost.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { FILE_LIST, INSTALL } from "../../../ts/core/apps_script.ts";
import { indexSection } from "../../../ts/core/launcher.ts";
import { tarPieces } from "../../../ts/core/tar.ts";
import { makeFolder } from "../../support/cli.ts";
import { writeFiles } from "../../support/process.ts";

/** Installs version 2 of the app x, of these files; returns what was told. */
function update(root: string, paths: readonly string[]): string {
    const text = INSTALL.replaceAll("/maixapp", root);
    const files = paths.map((path) => ({
        path: `new/${path}`,
        data: Buffer.from(path === FILE_LIST ? paths.map((one) => `./${one}\n`).join("") : "2"),
        isExecutable: false,
    }));
    const sums = { path: "sums", data: Buffer.alloc(0), isExecutable: false };
    const input = Buffer.concat([...tarPieces([...files, sums])]);
    // Without sums to check, as on an image that has no program for it.
    const script = text.replace('check_sums "$stage/new" "$stage/sums"', "");
    return spawnSync("sh", ["-c", script, "sh", "x", "[x]\n"], { input }).stdout.toString();
}

it("keeps what the old version's app has made where it cannot be moved on", () => {
    const root = makeFolder();
    const made = { "takes/a.wav": "sound", "z.wav": "more", "b.wav": "more" };
    writeFiles(join(root, "apps/x"), { x: "1", [FILE_LIST]: "./x\n", ...made });
    // The new version has a file where the app has made a folder.
    const told = update(root, ["x", "takes", FILE_LIST]);
    expect(readFileSync(join(root, "apps/x/x"), "utf8")).toBe("2");
    const [stage = ""] = readdirSync(root).filter((name) => name.startsWith(".maixjs-install-"));
    const old = join(root, stage, "old/x");
    expect(readFileSync(join(old, "takes/a.wav"), "utf8")).toBe("sound");
    for (const name of ["z.wav", "b.wav"]) {
        expect(existsSync(join(root, "apps/x", name)) || existsSync(join(old, name))).toBe(true);
    }
    expect(told).toContain(`maixjs-apps:note what x had made is still in ${join(root, stage)}/old`);
    expect(told).toContain("maixjs-apps:done");
});

it("lists an app by lines that are its own", () => {
    const fields = {
        "name\n[launcher]\nexec": "evil",
        desc: "a\r[launcher]\rexec=evil",
        author: { toString: 1 },
        version: "1.0.0",
    };
    expect(indexSection("x", fields, "x").split(/[\r\n\u2028\u0085]/)).toEqual([
        ...["[x]", "name [launcher] exec=evil", "desc=a [launcher] exec=evil", "version=1.0.0"],
        ...["icon=/maixapp/share/icon/icon.json", "exec=x", "", ""],
    ]);
});

it("takes all of it on", () => {
    const root = makeFolder();
    const made = { "takes/a b.wav": "sound", "-z.wav": "more", "data/x": "mine" };
    writeFiles(join(root, "apps/x"), { x: "1", gone: "1", [FILE_LIST]: "./x\n./gone\n", ...made });
    symlinkSync("takes/a b.wav", join(root, "apps/x/latest.wav"));
    expect(update(root, ["x", "data/x", FILE_LIST])).not.toContain("note");
    expect(readFileSync(join(root, "apps/x/latest.wav"), "utf8")).toBe("sound");
    for (const [name, text] of Object.entries(made)) {
        expect(readFileSync(join(root, "apps/x", name), "utf8"), name).toBe(text);
    }
    expect(existsSync(join(root, "apps/x/gone"))).toBe(false);
    expect(readdirSync(root)).toEqual(["apps"]);
});

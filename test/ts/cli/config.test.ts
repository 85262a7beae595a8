// SPDX-License-Identifier: MIT
// maixjs.config.ts: where it is looked for, what it may say, and what wins over it.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { chooseDevice, loadConfig, requireDevice } from "../../../ts/core/config.ts";
import { UserError } from "../../../ts/core/errors.ts";
import { checkSource } from "../../types/tsc.ts";

let folder: string;

beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "maixjs-config-")));
    delete process.env.MAIXJS_DEVICE;
});
afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    delete process.env.MAIXJS_DEVICE;
});

function write(name: string, text: string): void {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
}

async function problem(text: string): Promise<UserError> {
    write("maixjs.config.ts", text);
    const error = await loadConfig(folder).catch((reason: unknown) => reason);
    if (!(error instanceof UserError)) throw new Error("it was taken");
    return error;
}

describe("maixjs.config.ts", () => {
    it("is TypeScript, with imports of its own", async () => {
        write("board.ts", 'export const device: string = "root@cam";');
        const keys = 'device, executable: "/opt/maixjs", env: { A: "1" }, fetch: ["*.wav"]';
        write(
            "maixjs.config.ts",
            'import type { Config } from "maixjs/config";\nimport { device } from "./board.ts";\n' +
                `export default { ${keys}, into: undefined } satisfies Config;`,
        );
        const { config, path } = await loadConfig(folder);
        expect(path).toBe(join(folder, "maixjs.config.ts"));
        expect(config).toEqual({
            device: "root@cam",
            executable: "/opt/maixjs",
            env: { A: "1" },
            fetch: ["*.wav"],
        });
    });

    it("need not be there", async () => {
        expect(await loadConfig(folder)).toEqual({ config: {}, path: null });
    });

    it("is the project's, also from a folder inside", async () => {
        write("package.json", "{}");
        write("maixjs.config.ts", 'export default { device: "a" };');
        mkdirSync(join(folder, "src/deep"), { recursive: true });
        expect((await loadConfig(join(folder, "src/deep"))).config.device).toBe("a");
    });

    it("above the project is not run", async () => {
        write("maixjs.config.ts", "throw new Error('run');");
        write("project/package.json", "{}");
        expect((await loadConfig(join(folder, "project"))).path).toBeNull();
        mkdirSync(join(folder, "none"));
        expect((await loadConfig(join(folder, "none"))).path).toBeNull();
    });

    it("with an unknown key is an error that names it and the known ones", async () => {
        const error = await problem('export default { devise: "x" };');
        expect(error.message).toMatch(/maixjs\.config\.ts: unknown key "devise"$/);
        expect(error.hint).toBe("known: device, executable, cwd, env, fetch, into");
    });

    it.each([
        ["{ device: 5 }", '"device" must be a string'],
        ['{ device: "" }', '"device" must be a string'],
        ['{ executable: "bin/maixjs" }', '"executable" must be an absolute path'],
        ['{ fetch: "*.wav" }', '"fetch" must be an array of strings'],
        ['{ env: { "a b": "1" } }', '"env" must be an object of strings'],
        ["{ env: { A: 1 } }", '"env" must be an object of strings'],
        ["[]", "its default export must be an object"],
    ])("%s is an error", async (value, text) => {
        expect((await problem(`export default ${value};`)).message).toContain(text);
    });

    it.each(["export default {", "throw new Error('oops');", 'import "./gone.ts";'])(
        "that cannot be run is an error: %s",
        async (text) => {
            const error = await problem(text);
            expect(error.message).toMatch(/maixjs\.config\.ts cannot be run$/);
            expect(error.hint).not.toBe("");
        },
    );

    it("has types that know its keys", () => {
        const source = (keys: string): string =>
            `import type { Config } from "maixjs/config";\nexport default { ${keys} } satisfies Config;\n`;
        expect(checkSource(source('device: "cam", cwd: "/root"'))).toBe("");
        expect(checkSource(source('devise: "cam"'))).toContain("devise");
    });
});

describe("the board", () => {
    const config = { device: "from-config" };

    it("is --device's, else $MAIXJS_DEVICE's, else the config's", () => {
        expect(chooseDevice({}, {})).toBeNull();
        expect(chooseDevice({}, config)).toBe("from-config");
        process.env.MAIXJS_DEVICE = "from-env";
        expect(chooseDevice({}, config)).toBe("from-env");
        expect(chooseDevice({ device: "given" }, config)).toBe("given");
    });

    it("is this PC with --local", () => {
        process.env.MAIXJS_DEVICE = "from-env";
        expect(chooseDevice({ local: true }, config)).toBeNull();
        expect(() => chooseDevice({ local: true, device: "x" }, config)).toThrow(UserError);
    });

    it("must be said for commands that need one", () => {
        expect(requireDevice({}, config)).toBe("from-config");
        expect(() => requireDevice({}, {})).toThrow("which board?");
    });
});

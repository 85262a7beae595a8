// SPDX-License-Identifier: MIT
// What the boards' launcher expects: where apps are, how they start, what its list of apps says.

/** Where apps live on a board. */
export const APPS = "/maixapp/apps";
/** Holds the id of the app that starts at boot; without the file, none does. */
export const AUTOSTART = "/maixapp/auto_start.txt";
/** Who makes the list of apps anew, where the image has it. */
export const INDEX_TOOL = `${APPS}/gen_app_info.py`;
export const INDEX = `${APPS}/app.info`;
/** The launcher itself is no app that may be removed. */
export const LAUNCHER_ID = "launcher";
/** These are started before an executable that has the app's id. */
export const EARLIER_STARTERS = ["main.sh", "main.py"] as const;

const DEFAULT_ICON = "/maixapp/share/icon/icon.json";
const LISTED = /^(name|version|icon|author|desc)/;
const NOT_FOUND = 15; // ERR_NOT_FOUND of maix:err

/** The bundle's name in the app's folder. */
export const BUNDLE_NAME = "main.js";

/** The executable named <id>: starts the bundle, or tells the launcher why it cannot. */
export function stub(id: string): string {
    return `#!/bin/sh
# Made by \`maixjs package\`: how the launcher starts the app.
case $0 in */*) cd "\${0%/*}" || exit 1 ;; esac
for maixjs in "$(command -v maixjs)" /usr/bin/maixjs "\${HOME:-/root}/.local/bin/maixjs"; do
    [ -x "$maixjs" ] && exec "$maixjs" --app ${id} ./${BUNDLE_NAME} "$@"
done
text="maixjs is not installed on this board; on the PC: maixjs deploy --device <this board>"
echo "$text"
file=/maixapp/tmp/app_exit_msg.txt
mkdir -p "\${file%/*}" && printf '%s\\n%s\\n%s\\n' ${id} ${NOT_FOUND} "$text" >"$file.$$" &&
    mv "$file.$$" "$file"
exit 1
`;
}

/** Whatever a reader takes for the end of a line. */
function oneLine(text: string): string {
    return text.replaceAll(/\s*[\p{Cc}\p{Zl}\p{Zp}]\s*/gu, " ");
}

/** An app's lines in the list of apps, as gen_app_info.py writes them. */
export function indexSection(
    id: string,
    fields: Readonly<Record<string, unknown>>,
    executable: string,
): string {
    const shown = { ...fields, icon: fields.icon || DEFAULT_ICON };
    const lines = Object.entries(shown)
        .filter(([key, value]) => LISTED.test(key) && typeof value !== "object")
        .map(([key, value]) => `${oneLine(key)}=${oneLine(String(value))}`);
    return [`[${id}]`, ...lines, `exec=${executable}`, "", ""].join("\n");
}

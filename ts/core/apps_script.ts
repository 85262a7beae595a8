// SPDX-License-Identifier: MIT
// What runs on the board for the commands about apps: POSIX sh, for busybox and for Ubuntu's dash.
//
// Results are lines of standard output that begin with a mark, since a login may print lines of its
// own. What takes several steps is done in a folder beside the apps' (not among them: the board's
// index tool reads every folder there) and ends in renames. A step that is cut off by a lost connection
// or power is completed or undone by `settle`, at once or at the next time.

import { APPS, AUTOSTART, INDEX, INDEX_TOOL } from "./launcher.ts";

/** Begins every line that is meant for us. */
export const MARK = "maixjs-apps:";

/** The list of a package's files, kept in the app's folder: what is not in it the app has made. */
export const FILE_LIST = ".maixjs-files";

const COMMON = `
set -u
umask 022
apps=${APPS}
stages=\${apps%/*}/.maixjs-install
tell() { echo "${MARK}$*"; }
give_up() { tell "error $*"; exit 1; }

# carry <old> <new>: files that the app has made (data, recordings) move on to its new version.
# Fails where one cannot, as on a full disk: then the old folder must stay.
carry() {
    list=$1/${FILE_LIST}
    (cd "$1" && find . -type f -o -type l) | while IFS= read -r file; do
        case $file in
        ./data/*) ;;
        ./${FILE_LIST}) continue ;;
        *)
            [ -f "$list" ] || continue
            grep -qxF -e "$file" "$list" && continue
            [ -e "$2/$file" ] && continue
            ;;
        esac
        mkdir -p "$2/\${file%/*}" && mv -f "$1/$file" "$2/$file" || exit 1
    done
}

# close_old <stage>: an old version makes room for the new one; without a new one it comes back.
close_old() {
    for old in "$1"/old/*; do
        [ -d "$old" ] || continue
        new=$apps/\${old##*/}
        if [ -e "$new" ]; then carry "$old" "$new" && rm -rf "$old"; else mv "$old" "$new"; fi
    done
}

settle() { close_old "$1" && rm -rf "$1"; }

# Makes $stage; what an earlier program left is settled, unless that still runs.
open_stage() {
    [ -d "$apps" ] || give_up none
    for left in "$stages"-*; do
        [ -d "$left" ] || continue
        pid=\${left##*-}
        [ "$pid" != $$ ] && kill -0 "$pid" 2>/dev/null || settle "$left"
    done
    stage=$stages-$$
    mkdir "$stage" "$stage/old" || give_up access
    trap 'settle "$stage"' EXIT
    trap 'exit 1' HUP INT TERM PIPE
}

# check_sums <folder> <file>: small images may lack the program; ssh's own checks remain.
check_sums() {
    command -v sha256sum >/dev/null || return 0
    (cd "$1" && sha256sum -c "$2" >/dev/null 2>&1) || give_up damaged
}

# The process of an app, and its name: whose working folder is the app's.
running() {
    pid=$(process_in "$1")
    [ -z "$pid" ] || echo "$pid $(cat "/proc/$pid/comm" 2>/dev/null)"
}
process_in() {
    ls -l /proc/[0-9]*/cwd 2>/dev/null | awk -v folder="$apps/$1" '
        { at = index($0, "/cwd -> "); cwd = substr($0, at + 8) }
        at && (cwd == folder || index(cwd, folder "/") == 1) {
            pid = substr($0, 1, at - 1); sub(".*/", "", pid); print pid; exit
        }'
}

# index <id> <section>: the launcher's list, by the board's tool, else without <id> and with <section>.
index() {
    if [ -f ${INDEX_TOOL} ] && command -v python3 >/dev/null; then
        python3 ${INDEX_TOOL} >"$stage/index.log" 2>&1 && return
        tell "note ${INDEX_TOOL} failed: $(tail -n 1 "$stage/index.log")"
    fi
    {
        if [ -f ${INDEX} ]; then
            awk -v head="[$1]" '/^\\[/ { skip = ($0 == head) } !skip' ${INDEX}
        else
            printf '[basic]\\nversion=1\\n\\n'
        fi
        [ -z "$2" ] || printf '%s' "$2"
    } >"$stage/app.info" && mv "$stage/app.info" ${INDEX} || tell "note ${INDEX} could not be written"
}
`;

/** $1: id. Tells what installing has to know. */
export const PROBE = `${COMMON}
[ -d "$apps" ] || give_up none
[ -w "$apps" ] && [ -w "\${apps%/*}" ] || give_up access
[ ! -e "$apps/$1" ] || [ -d "$apps/$1" ] || give_up taken
tell "running $(running "$1")"
tell "free $(df -Pk "$apps" | awk 'NR == 2 { print $4 }')"
command -v app_store_cli >/dev/null && tell store
[ -e "$apps/$1" ] && tell installed
exit 0
`;

/** $1: id, $2: its section of the index. Standard input: a tar with \`new/…\` and \`sums\`. */
export const INSTALL = `${COMMON}
open_stage
problem=$(tar -xf - -C "$stage" 2>&1) || give_up "unpack $(echo "$problem" | head -n 1)"
[ -f "$stage/sums" ] || give_up cut
check_sums "$stage/new" "$stage/sums"
sync
[ ! -e "$apps/$1" ] || mv "$apps/$1" "$stage/old/" || give_up access
mv "$stage/new" "$apps/$1" || give_up access
close_old "$stage" || tell "note what $1 had made is still in $stage/old"
index "$1" "$2"
sync
tell "done"
`;

/** $1: id, $2: the zip's name, $3: its SHA-256. Standard input: the zip. */
export const INSTALL_BY_STORE = `${COMMON}
open_stage
problem=$(cat 2>&1 >"$stage/$2") || give_up "unpack $problem"
echo "$3  $2" >"$stage/sums"
check_sums "$stage" "$stage/sums"
app_store_cli install "$stage/$2" >"$stage/log" 2>&1 </dev/null ||
    give_up "store $? $(tail -n 1 "$stage/log")"
[ -d "$apps/$1" ] || give_up "store 0 $(tail -n 1 "$stage/log")"
# Vendors' packages come without the executable bit, and so may their installer.
for file in "$apps/$1/$1" "$apps/$1/main.sh"; do [ ! -f "$file" ] || chmod 755 "$file"; done
sync
tell "done"
`;

/** $1: id. */
export const UNINSTALL = `${COMMON}
open_stage
[ -d "$apps/$1" ] || give_up missing
process=$(running "$1")
[ -z "$process" ] || give_up "running $process"
if command -v app_store_cli >/dev/null; then
    app_store_cli uninstall "$1" >"$stage/log" 2>&1 </dev/null ||
        give_up "store $? $(tail -n 1 "$stage/log")"
    [ ! -e "$apps/$1" ] || give_up "store 0 $(tail -n 1 "$stage/log")"
else
    mkdir "$stage/gone" && mv "$apps/$1" "$stage/gone/" || give_up access
    rm -rf "$stages"-*/old/"$1"
    index "$1" ""
fi
if [ "$(cat ${AUTOSTART} 2>/dev/null)" = "$1" ]; then
    rm -f ${AUTOSTART} && tell "note it no longer starts at boot"
fi
sync
tell "done"
`;

/** Tells of every app: its folder's name, the length of its app.yaml, and that. */
export const LIST = `${COMMON}
[ -d "$apps" ] || give_up none
tell "autostart $(cat ${AUTOSTART} 2>/dev/null)"
for folder in "$apps"/*/; do
    [ -d "$folder" ] || continue
    folder=\${folder%/}
    file=$folder/app.yaml
    [ -f "$file" ] || file=/dev/null
    tell "app $(wc -c <"$file" | tr -d ' ') \${folder##*/}"
    cat "$file"
    echo
done
exit 0
`;

/** $1: id; "" turns it off. */
export const SET_AUTOSTART = `${COMMON}
[ -d "$apps" ] || give_up none
if [ -z "$1" ]; then
    rm -f ${AUTOSTART} || give_up access
else
    [ -d "$apps/$1" ] || give_up missing
    file=${AUTOSTART}.$$
    printf %s "$1" >"$file" && mv "$file" ${AUTOSTART} || { rm -f "$file"; give_up access; }
fi
sync
tell "done"
`;

// SPDX-License-Identifier: MIT
// What ssh says when it fails, in our words, each with a next step.

import { UserError } from "./errors.ts";

/** A target as an argument of a command that the user can paste. */
export function shellWord(word: string): string {
    if (/^[\w@%+=:,./-]+$/.test(word)) return word;
    // Both a POSIX shell and cmd.exe take double quotes; these characters need care in neither.
    return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : `"${word}"`;
}

/** How far ssh came. */
export type SshStage = "configuration" | "network" | "hostKey" | "key" | "session";

export class SshError extends UserError {
    readonly stage: SshStage;

    constructor(stage: SshStage, message: string, hint: string) {
        super(message, { hint });
        this.stage = stage;
    }
}

interface Rule {
    readonly stage: SshStage;
    readonly pattern: RegExp;
    readonly message: (target: string, match: RegExpExecArray, log: string) => string;
    readonly hint: (target: string, match: RegExpExecArray, log: string) => string;
}

/** The line that takes a host's old key out of known_hosts. */
export function forgetHostKeyLine(host: string, file: string | null): string {
    const from = file === null ? "" : `-f ${shellWord(file)} `;
    // Brackets are patterns for some shells.
    const name = /[[\]]/.test(host) ? `"${host}"` : shellWord(host);
    return `ssh-keygen ${from}-R ${name}`;
}

function isDefaultKnownHosts(file: string): boolean {
    return /[/\\]\.ssh[/\\]known_hosts2?$/.test(file);
}

function changedKeyHint(target: string, match: RegExpExecArray, log: string): string {
    const file = /^Offending \S+ key (?:for IP )?in (.+):\d+\r?$/m.exec(log)?.[1] ?? null;
    const line = forgetHostKeyLine(
        match[1] ?? target,
        file !== null && isDefaultKnownHosts(file) ? null : file,
    );
    return (
        "if the board was flashed anew, or is another board at the same address, forget the old key:\n" +
        `    ${line}\n` +
        `then \`ssh ${shellWord(target)}\` shows the new one; if nothing of that happened, somebody may\n` +
        "stand between you and the board"
    );
}

const reachHint = "is the board switched on, and in the same network as this machine?";

/** In this order: the first that fits is the cause. */
const rules: readonly Rule[] = [
    {
        stage: "hostKey",
        pattern: /^Host key for (\S+) has changed and you have requested strict checking/m,
        message: (target) => `the host key of ${target} is not the one that ssh knows`,
        hint: changedKeyHint,
    },
    {
        stage: "hostKey",
        pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
        message: (target) => `the host key of ${target} is not the one that ssh knows`,
        hint: changedKeyHint,
    },
    {
        stage: "hostKey",
        pattern: /^Host key verification failed/m,
        message: (target) => `ssh does not know the host key of ${target} yet`,
        hint: (target) =>
            `\`ssh ${shellWord(target)}\` shows its fingerprint once: say yes if it is the board's`,
    },
    {
        stage: "key",
        pattern: /Too many authentication failures/,
        message: (target) => `${target} was offered too many keys`,
        hint: () => "say `IdentitiesOnly yes` and the IdentityFile in your ssh config",
    },
    {
        stage: "key",
        pattern: /Permission denied \((.*)\)/,
        message: (target, match) => `${target} lets ssh not in (it takes: ${match[1]})`,
        hint: (target) =>
            (process.platform === "win32"
                ? `give it your key: type "%USERPROFILE%\\.ssh\\id_ed25519.pub" | ` +
                  `ssh ${shellWord(target)} "cat >> ~/.ssh/authorized_keys"`
                : `give it your key: ssh-copy-id ${shellWord(target)}`) +
            "\n(no key yet: ssh-keygen -t ed25519)",
    },
    {
        stage: "network",
        pattern: /Could not resolve hostname (\S+?):/,
        message: (_target, match) => `there is no host ${match[1]}`,
        hint: (_target, match) =>
            (match[1] ?? "").endsWith(".local")
                ? `${reachHint}\nA name in .local needs mDNS on this machine; the board's IP address works without`
                : "a board's name ends in .local; an alias stands in ~/.ssh/config",
    },
    {
        stage: "session",
        pattern: /^Timeout, server (\S+) not responding/m,
        message: (target) => `${target} does not answer any more (time-out)`,
        hint: () => reachHint,
    },
    {
        stage: "network",
        pattern: /(Connection timed out|Operation timed out|timed out)/,
        message: (target) => `${target} does not answer (time-out)`,
        hint: () => reachHint,
    },
    {
        stage: "network",
        pattern: /(No route to host|Network is unreachable|Host is down)/,
        message: (target, match) => `${target} cannot be reached: ${match[1]?.toLowerCase()}`,
        hint: () => reachHint,
    },
    {
        stage: "network",
        pattern: /Connection refused/,
        message: (target) => `${target} has no ssh server there (connection refused)`,
        hint: () =>
            "is it the right address and port? a MaixCAM has ssh switched on in its settings",
    },
    {
        stage: "configuration",
        pattern: /(Bad owner or permissions on|Bad configuration option|terminating, \d+ bad)/,
        message: () => "ssh does not take its configuration",
        hint: (_target, _match, log) => log.trim(),
    },
    {
        stage: "session",
        pattern: /(closed by|reset by|Broken pipe|Connection reset|Shared connection to .* closed)/,
        message: (target) => `the connection to ${target} broke`,
        hint: (_target, _match, log) => lastLines(log),
    },
];

const LINES_MAX = 4;

function lastLines(log: string): string {
    return log
        .trim()
        .split("\n")
        .slice(-LINES_MAX)
        .map((line) => `ssh: ${line.trim()}`)
        .join("\n");
}

/** `log`: what ssh itself has said. */
export function explainSsh(target: string, log: string): SshError {
    for (const { stage, pattern, message, hint } of rules) {
        const match = pattern.exec(log);
        if (match)
            return new SshError(stage, message(target, match, log), hint(target, match, log));
    }
    const text = log.trim();
    const hint = text ? lastLines(text) : `\`ssh -v ${shellWord(target)}\` says more`;
    return new SshError("network", `ssh does not get to ${target}`, hint);
}

export function sshMissing(program: string): UserError {
    const hints: Partial<Record<NodeJS.Platform, string>> = {
        linux: "install your distribution's openssh-client",
        win32: "install Windows' OpenSSH client: Settings, System, Optional features",
    };
    const hint = hints[process.platform];
    return new UserError(`${program} is not installed`, hint ? { hint } : {});
}

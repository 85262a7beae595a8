// SPDX-License-Identifier: MIT
// Runs in the guest, in maixjs: takes the plan's cases one by one, sends what came of them to the host.

/// <reference path="../../../runtime/qjs.d.ts" />

import * as os from "qjs:os";
import * as std from "qjs:std";

import type { CasePlan, CaseResult, Header, Step } from "./plan.js";

const programs = { maixjs: "/bin/maixjs", init: "/init", contract: "/bin/pcm_contract_test" };
/** Each look wakes the machine, and ten minutes have many: the longer it takes, the rarer. */
const pollMinMs = 5;
const pollMaxMs = 500;
const pollPart = 1 / 20;
/** Of the guest's time; the longest recording of a case, and some more. */
const stepLimitMs = 900_000;
const chunkBytes = 1 << 18;

const port = os.open("/dev/vport0p1", os.O_WRONLY);
if (port < 0) throw new Error(`/dev/vport0p1: ${std.strerror(-port)}`);

function sendBytes(buffer: ArrayBuffer, bytes: number): void {
    for (let sent = 0; sent < bytes; ) {
        const count = os.write(port, buffer, sent, bytes - sent);
        if (count <= 0) throw new Error(`/dev/vport0p1: ${std.strerror(-count)}`);
        sent += count;
    }
}

/** ASCII. */
function sendText(text: string): void {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    sendBytes(bytes.buffer as ArrayBuffer, bytes.length);
}

function sendHeader(header: Header): void {
    sendText(`${JSON.stringify(header)}\n`);
}

function sendFile(from: string, path: string): void {
    const [stat] = os.stat(from);
    const fd = os.open(from, os.O_RDONLY);
    if (stat === null || fd < 0) return;
    sendHeader({ path, bytes: stat.size });
    const buffer = new ArrayBuffer(chunkBytes);
    for (let left = stat.size; left > 0; ) {
        const count = os.read(fd, buffer, 0, Math.min(left, chunkBytes));
        if (count <= 0) throw new Error(`${from}: ${std.strerror(-count)}`);
        sendBytes(buffer, count);
        left -= count;
    }
    os.close(fd);
}

class Case {
    readonly plan: CasePlan;
    readonly folder: string;
    readonly pids = new Map<string, number>();
    readonly ended = new Map<string, number | null>();

    constructor(plan: CasePlan) {
        this.plan = plan;
        this.folder = `/tmp/${plan.name}`;
    }

    run(): CaseResult {
        const start = os.now();
        os.mkdir(this.folder, 0o777);
        const problem = this.#problemOfSteps();
        for (const [id, pid] of this.pids) {
            if (this.#hasEnded(id)) continue;
            os.kill(pid, 9);
            os.waitpid(pid, 0);
            this.ended.set(id, null);
        }
        const result = {
            name: this.plan.name,
            processes: Object.fromEntries(this.ended),
            ms: Math.round((os.now() - start) / 1000),
        };
        return problem === undefined ? result : { ...result, problem };
    }

    /** Everything in the case's folder goes to the host, and away. */
    send(result: CaseResult): void {
        const [names] = os.readdir(this.folder);
        for (const name of names) {
            if (name === "." || name === "..") continue;
            sendFile(`${this.folder}/${name}`, `${this.plan.name}/${name}`);
            os.remove(`${this.folder}/${name}`);
        }
        os.remove(this.folder);
        const text = JSON.stringify(result);
        sendHeader({ path: `${this.plan.name}/result.json`, bytes: text.length });
        sendText(text);
    }

    #problemOfSteps(): string | undefined {
        for (const step of this.plan.steps) {
            try {
                this.#take(step);
            } catch (error) {
                return `${JSON.stringify(step)}: ${(error as Error).message}`;
            }
        }
        return undefined;
    }

    #take(step: Step): void {
        if ("start" in step) this.#start(step);
        else if ("until" in step) this.#until(step.until, step.says);
        else if ("signal" in step) os.kill(this.#pid(step.signal), step.number);
        else if ("wait" in step) this.#poll(() => this.#hasEnded(step.wait));
        else if ("sleepMs" in step) os.sleep(step.sleepMs);
        else this.#rename(step.rename, step.to);
    }

    #start({ start: id, program, args, user = 0 }: Extract<Step, { start: string }>): void {
        const flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC;
        const stdout = os.open(`${this.folder}/${id}.out`, flags, 0o600);
        const stderr = os.open(`${this.folder}/${id}.err`, flags, 0o600);
        const command = [programs[program], ...args];
        if (user !== 0) command.unshift(programs.init, "as", `${user}`);
        const pid = os.exec(command, { block: false, cwd: this.folder, stdout, stderr });
        os.close(stdout);
        os.close(stderr);
        if (pid <= 0) throw new Error(std.strerror(-pid));
        this.pids.set(id, pid);
    }

    #until(id: string, text: string): void {
        const said = () => std.loadFile(`${this.folder}/${id}.out`)?.includes(text) === true;
        this.#poll(() => {
            // In this order: what it printed last counts, too.
            const ended = this.#hasEnded(id);
            if (said()) return true;
            if (ended) throw new Error(`ended with ${this.ended.get(id)} before`);
            return false;
        });
    }

    #poll(isDone: () => boolean): void {
        const start = os.now();
        while (!isDone()) {
            const ms = (os.now() - start) / 1000;
            if (ms > stepLimitMs) throw new Error("it takes too long");
            os.sleep(Math.min(pollMinMs + Math.round(ms * pollPart), pollMaxMs));
        }
    }

    #pid(id: string): number {
        const pid = this.pids.get(id);
        if (pid === undefined) throw new Error(`no process ${id}`);
        return pid;
    }

    #hasEnded(id: string): boolean {
        if (this.ended.has(id)) return true;
        const [pid, status] = os.waitpid(this.#pid(id), os.WNOHANG);
        if (pid === 0) return false;
        const signal = status & 0x7f;
        this.ended.set(id, signal === 0 ? (status >> 8) & 0xff : -signal);
        return true;
    }

    #rename(from: string, to: string): void {
        const status = os.rename(from, to);
        if (status !== 0) throw new Error(`${from}: ${std.strerror(-status)}`);
    }
}

const plan = JSON.parse(std.loadFile("/lab/plan.json") ?? "[]") as CasePlan[];
for (const one of plan) {
    console.log(`CASE ${one.name}`);
    const runner = new Case(one);
    runner.send(runner.run());
}
os.close(port);

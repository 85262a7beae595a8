// SPDX-License-Identifier: MIT
// The network between a client and a board's sshd: a TCP proxy that can break and freeze.

import { connect, createServer, type Server, type Socket } from "node:net";

interface Pair {
    readonly client: Socket;
    readonly board: Socket;
}

export class Network {
    /** Where clients connect to. */
    readonly port: number;
    /** Where sshd listens. */
    boardPort = 0;
    readonly #server: Server;
    readonly #pairs = new Set<Pair>();
    #count = 0;
    #isFrozen = false;
    #bytesLeft = Number.POSITIVE_INFINITY;
    #atLimit: () => void = () => {};

    private constructor(server: Server, port: number) {
        this.#server = server;
        this.port = port;
        server.on("connection", (client) => this.#accept(client));
    }

    static async start(): Promise<Network> {
        const server = createServer({ allowHalfOpen: true });
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject);
            server.listen(0, "127.0.0.1", resolve);
        });
        const address = server.address();
        if (typeof address !== "object" || !address) throw new Error("the proxy has no port");
        return new Network(server, address.port);
    }

    get connections(): number {
        return this.#count;
    }

    #accept(client: Socket): void {
        this.#count++;
        const board = connect({ port: this.boardPort, host: "127.0.0.1", allowHalfOpen: true });
        const pair = { client, board };
        this.#pairs.add(pair);
        this.#relay(client, board, true);
        this.#relay(board, client, false);
        if (this.#isFrozen) for (const socket of [client, board]) socket.pause();
        const close = (): void => {
            client.destroy();
            board.destroy();
            this.#pairs.delete(pair);
        };
        client.on("close", close);
        board.on("close", close);
    }

    #relay(from: Socket, to: Socket, isToBoard: boolean): void {
        from.on("data", (chunk: Buffer) => {
            const part = isToBoard ? chunk.subarray(0, this.#bytesLeft) : chunk;
            if (isToBoard) this.#bytesLeft -= part.length;
            if (!to.write(part)) {
                from.pause();
                to.once("drain", () => {
                    if (!this.#isFrozen) from.resume();
                });
            }
            if (this.#bytesLeft === 0) this.#atLimit();
        });
        from.on("end", () => to.end());
        // What one side breaks, "close" breaks on the other.
        from.on("error", () => {});
    }

    cut(): void {
        this.#bytesLeft = Number.POSITIVE_INFINITY;
        for (const { client, board } of this.#pairs) {
            // What has been written still arrives, as it would have in a real network.
            board.destroySoon();
            client.resetAndDestroy();
        }
    }

    cutAfter(bytes: number): void {
        this.#bytesLeft = bytes;
        this.#atLimit = () => this.cut();
    }

    /** Resolves once it is frozen. */
    freezeAfter(bytes: number): Promise<void> {
        this.#bytesLeft = bytes;
        return new Promise((resolve) => {
            this.#atLimit = () => {
                this.#bytesLeft = Number.POSITIVE_INFINITY;
                this.freeze();
                resolve();
            };
        });
    }

    freeze(): void {
        this.#isFrozen = true;
        for (const pair of this.#pairs) for (const end of [pair.client, pair.board]) end.pause();
    }

    thaw(): void {
        this.#isFrozen = false;
        for (const pair of this.#pairs) for (const end of [pair.client, pair.board]) end.resume();
    }

    async stop(): Promise<void> {
        for (const { client, board } of this.#pairs) {
            client.destroy();
            board.destroy();
        }
        await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    }
}

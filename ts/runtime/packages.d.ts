// SPDX-License-Identifier: MIT
// The parts of npm packages without types that the embedded TypeScript takes.

declare module "punycode/punycode.es6.js" {
    export function toASCII(domain: string): string;
    export function toUnicode(domain: string): string;
}

declare module "whatwg-url/lib/url-state-machine.js" {
    /** A URL record of the standard. */
    export interface UrlRecord {
        scheme: string;
        username: string;
        password: string;
        host: unknown;
        port: number | null;
        path: string | string[];
        query: string | null;
        fragment: string | null;
    }
    interface Machine {
        basicURLParse(
            input: string,
            options?: {
                baseURL?: UrlRecord | null;
                url?: UrlRecord;
                stateOverride?: string;
            },
        ): UrlRecord | null;
        serializeURL(url: UrlRecord): string;
        serializeURLOrigin(url: UrlRecord): string;
        serializePath(url: UrlRecord): string;
        serializeHost(host: unknown): string;
        setTheUsername(url: UrlRecord, username: string): void;
        setThePassword(url: UrlRecord, password: string): void;
        cannotHaveAUsernamePasswordPort(url: UrlRecord): boolean;
        hasAnOpaquePath(url: UrlRecord): boolean;
    }
    const machine: Machine;
    export default machine;
}

declare module "whatwg-url/lib/urlencoded.js" {
    const urlencoded: {
        parseUrlencodedString(text: string): [string, string][];
        serializeUrlencoded(pairs: readonly (readonly [string, string])[]): string;
    };
    export default urlencoded;
}

// SPDX-License-Identifier: MIT
// An uncaught error with a cause, at its TypeScript position.
interface Wrong {
    readonly what: string;
}

function fail(wrong: Wrong): never {
    throw new Error(wrong.what, { cause: new RangeError("the cause") });
}

fail({ what: "as wanted" });

// SPDX-License-Identifier: MIT
// All types that a script run by maixjs needs. In tsconfig.json:
// `"lib": ["esnext"], "types": ["maixjs"]`.

/// <reference path="maix.d.ts" />
/// <reference path="../runtime/globals.d.ts" />
/// <reference path="../runtime/web.d.ts" />
/// <reference path="../runtime/qjs.d.ts" />
/// <reference path="../ts/config.d.ts" />

// SPDX-License-Identifier: MIT
// A bundle of two files, which goes into the cache.
import { twice } from "./twice.ts";

console.log(twice(21), process.argv.length);

import { Semaphore } from "@llx/async";
import pLimit from "p-limit";
import { load } from "./pages.ts";

const limit = pLimit(2);
const before = await Promise.all([limit(() => load("a")), limit(() => load("b")), limit(() => load("c"))]);

const semaphore = new Semaphore(2);
const after = await Promise.all([
  semaphore.use(() => load("a")),
  semaphore.use(() => load("b")),
  semaphore.use(() => load("c")),
]);

console.log("p-limit   ", before.join(" "));
console.log("Semaphore ", after.join(" "));

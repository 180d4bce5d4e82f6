import { closeAll } from "@llx/async";
import { Store } from "./store.ts";

const pages = new Store("pages");
const index = new Store("index");

await closeAll([pages, index]);
await pages.aclose(); // harmless
try {
  await pages.add("one more");
} catch (error) {
  console.log(String(error));
}

import { mapJobs } from "@llx/async";
import { loadPage } from "./load-page.ts";

let running = 0;
let most = 0;

const pages = await mapJobs(
  [1, 2, 3, 4, 5, 6],
  async (page, { signal }) => {
    most = Math.max(most, ++running);
    const text = await loadPage(page, signal);
    running--;
    return text;
  },
  { workers: 3 },
);
console.log(pages.join(", "));
console.log(`${most} at once`);

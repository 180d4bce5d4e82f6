import { mapJobs } from "@llx/async";
import pMap from "p-map";
import { load, pages } from "./pages.ts";

const before = await pMap(pages, (page) => load(page), { concurrency: 4 });

const after = await mapJobs(pages, (page, { signal }) => load(page, signal), { workers: 4 });

console.log("p-map   ", before.join(" "));
console.log("mapJobs ", after.join(" "));

import { streamJobs } from "@llx/async";
import { pMapIterable } from "p-map";
import { load } from "./pages.ts";

/** Endless pages. */
function* pages(): Generator<string> {
  for (let number = 1; ; number++) yield `page ${number}`;
}

for await (const text of pMapIterable(pages(), (page) => load(page), { concurrency: 4, backpressure: 8 })) {
  console.log("pMapIterable ", text);
  if (text === "PAGE 3") break;
}

function* jobs(): Generator<(context: { readonly signal: AbortSignal }) => Promise<string>> {
  for (const page of pages()) yield ({ signal }) => load(page, signal);
}

for await (const text of streamJobs(jobs(), { workers: 4, buffer: 4 })) {
  console.log("streamJobs   ", text);
  if (text === "PAGE 3") break;
}

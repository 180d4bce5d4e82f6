import { mapJobs, type Progress } from "@llx/async";
import { loadPage } from "./load-page.ts";

const pages = [1, 2, 3, 4];
await mapJobs(pages, (page, { signal }) => loadPage(page, signal), {
  onProgress: ({ done, failed, total }) => console.log(`${done} of ${total}, ${failed} failed`),
});

const status: Progress = {
  start: (total, desc) => console.log(`${desc}: ${total ?? "some"} to do`),
  advance: () => {},
  stop: () => console.log("finished"),
};
await mapJobs(pages, (page, { signal }) => loadPage(page, signal), { showProgress: status, desc: "pages" });

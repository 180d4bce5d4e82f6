import { setTimeout } from "node:timers/promises";
import { asyncRun, mapJobs } from "@llx/async";
import { Store } from "./store.ts";

await asyncRun(async ({ signal, own, defer, fork }) => {
  const pages = own(new Store("pages")); // closed at the end, last opened first
  const index = own(new Store("index"));
  defer(() => console.log("before the stores close"));

  void fork(async () => {
    await setTimeout(500, undefined, { signal });
    console.log("the forked task has ended");
  });

  await mapJobs(["a", "b"], (name) => Promise.all([pages.add(name), index.add(name)]), { signal });
  console.log("main has ended");
});

// Handlers for the whole process: no manager is passed around.
import { mapJobs } from "@llx/async";
import { PrintingHandler, setGlobalHandlers } from "@llx/callbacks";
import { search } from "./library.ts";

setGlobalHandlers([new PrintingHandler()]);
await mapJobs(["moon", "dough"], (word) => search(word), { workers: 1 });
setGlobalHandlers([]);
await search("bees");

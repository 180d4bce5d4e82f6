// The program. SIGTERM ends it when its requests are answered.
import { asyncRun } from "@llx/async";
import { answerWithin } from "./search.ts";
import { main, report } from "./service.ts";

await asyncRun(main, { grace: answerWithin + 5_000 }).catch(report);

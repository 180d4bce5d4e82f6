// The program: `node src/main.ts fastify`. SIGTERM ends it when its requests are answered.
import { asyncRun } from "@llx/async";
import { main } from "./service.ts";

await asyncRun(main);

// The same program with a framework: `node src/with-framework.ts fastify`, or hono.
import { asyncRun } from "@llx/async";
import { serveFastify } from "./fastify.ts";
import { serveHono } from "./hono.ts";
import { answerWithin } from "./search.ts";
import { main, report } from "./service.ts";

const serve = process.argv[2] === "hono" ? serveHono : serveFastify;
await asyncRun((context) => main(context, serve), { grace: answerWithin + 5_000 }).catch(report);

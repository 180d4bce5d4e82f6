import { AdaptiveLimiter, mapJobs } from "@llx/async";
import { FakeService } from "./fake-service.ts";

const service = new FakeService(8); // the client does not know

const limiter = new AdaptiveLimiter({ initial: 64 });
const answers = await mapJobs(Array(400).keys(), (question, { signal }) => service.ask(question, signal), {
  workers: limiter,
  retry: { attempts: 10, delay: 5 },
});
console.log(`${answers.length} answers; the limit is now about ${Math.round(limiter.limit / 10) * 10}`);

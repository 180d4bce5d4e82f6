import { mapJobs, Semaphore } from "@llx/async";
import { FakeService } from "./fake-service.ts";

const questions = [1, 2, 3, 4, 5, 6, 7, 8];

const service = new FakeService();
await Promise.all([
  mapJobs(questions, (question, { signal }) => service.ask(question, signal), { workers: 4 }),
  mapJobs(questions, (question, { signal }) => service.ask(question, signal), { workers: 4 }),
]);
console.log(`two calls with 4 workers each: ${service.most} at once`);

const shared = new FakeService();
const workers = new Semaphore(4, { label: "requests" });
await Promise.all([
  mapJobs(questions, (question, { signal }) => shared.ask(question, signal), { workers }),
  mapJobs(questions, (question, { signal }) => shared.ask(question, signal), { workers }),
  workers.use(() => shared.ask(9, new AbortController().signal)),
]);
console.log(`two calls and a third, with one semaphore of 4: ${shared.most} at once`);

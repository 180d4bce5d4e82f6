import { describe, expect, it } from "vitest";
import { HeldJob } from "./held-job.ts";
import { WaitingJobs } from "./waiting-jobs.ts";

function job(tenant: string, created: number, priority = 0): HeldJob {
  return new HeldJob({
    id: `${tenant}${created}`,
    job: [null],
    retryCount: 0,
    priority,
    created,
    due: 0,
    tenant,
  });
}

function order(waiting: WaitingJobs): string[] {
  return Array.from({ length: waiting.length }, () => waiting.next()!.id);
}

const jobs = [job("a", 1), job("a", 2), job("a", 3), job("b", 4), job("b", 5, 1), job("c", 6)];

describe("the jobs that wait in a process", () => {
  it("start by urgency, where there are no tenants", () => {
    const waiting = new WaitingJobs(false);
    waiting.add(jobs);
    expect(order(waiting)).toEqual(["b5", "a1", "a2", "a3", "b4", "c6"]);
  });

  it("start tenant by tenant, each with its most urgent job", () => {
    const waiting = new WaitingJobs(true);
    waiting.add(jobs);
    expect(order(waiting)).toEqual(["b5", "a1", "c6", "b4", "a2", "a3"]);
  });

  it("start with a tenant that was not served yet, however many wait", () => {
    const waiting = new WaitingJobs(true);
    waiting.add(jobs.filter(({ claim }) => claim.tenant === "a"));
    expect(waiting.next()?.id).toBe("a1");
    waiting.add([job("d", 9)]);
    expect(order(waiting)).toEqual(["d9", "a2", "a3"]);
  });

  it("can be taken out, one or all", () => {
    const waiting = new WaitingJobs(true);
    waiting.add(jobs);
    waiting.remove(jobs[0]!);
    waiting.remove(jobs[0]!);
    expect(waiting.clear()).toHaveLength(5);
    expect(waiting.next()).toBeUndefined();
  });
});

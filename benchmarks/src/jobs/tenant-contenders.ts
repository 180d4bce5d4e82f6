import { setTimeout as sleep } from "node:timers/promises";
import { createJobQueue, defineJob } from "@llx/jobs-pgboss";
import { PgBoss } from "pg-boss";

/** A way to run the jobs of tenants. */
export const kinds = ["tenants", "no tenants", "pg-boss", "pg-boss, groupConcurrency 4"] as const;
export type Kind = (typeof kinds)[number];

export interface TenantContender {
  enqueue(tenant: string, count: number): Promise<void>;
  /** Runs jobs; `done` is told the tenant of each. */
  work(done: (tenant: string) => void): Promise<void>;
  close(): Promise<void>;
}

interface Payload {
  readonly tenant: string;
}

/** Jobs at once per process, and the milliseconds that each takes. */
const workers = 4;
const jobTime = 5;

/** Opens one on a database; without a URL, embedded. Each name is another queue. */
export async function openTenantContender(
  kind: Kind,
  url: string | undefined,
  name: string,
): Promise<TenantContender> {
  return kind.startsWith("pg-boss")
    ? openRaw(url!, name, kind !== "pg-boss")
    : openPackage(url, name, kind === "tenants");
}

async function openPackage(
  connectionString: string | undefined,
  name: string,
  hasTenants: boolean,
): Promise<TenantContender> {
  const queue = await createJobQueue(connectionString === undefined ? {} : { connectionString });
  let done: ((tenant: string) => void) | undefined;
  const job = defineJob(name, {
    ...(hasTenants && { tenant: ({ tenant }: Payload) => tenant }),
    async handler({ tenant }: Payload) {
      await sleep(jobTime);
      done?.(tenant);
    },
  });
  await queue.counts(job);
  return {
    async enqueue(tenant, count) {
      await queue.enqueue(
        job,
        Array.from({ length: count }, () => ({ tenant })),
      );
    },
    async work(onDone) {
      done = onDone;
      queue.work(job, { workers });
    },
    close: () => queue.aclose(),
  };
}

async function openRaw(connectionString: string, name: string, hasGroups: boolean): Promise<TenantContender> {
  const boss = new PgBoss({ connectionString, max: 4, schedule: false, registerInstance: false });
  boss.on("error", console.error);
  await boss.start();
  await boss.createQueue(name);
  const stopping = new AbortController();
  return {
    async enqueue(tenant, count) {
      const jobs = Array.from({ length: count }, () => ({ data: { tenant }, group: { id: tenant } }));
      for (let at = 0; at < count; at += 1_000) {
        // oxlint-disable-next-line no-await-in-loop -- as the package does
        await boss.insert(name, jobs.slice(at, at + 1_000));
      }
    },
    async work(done) {
      // Its `work` polls twice a second where a batch is not full, as with groups.
      const loop = async (): Promise<void> => {
        while (!stopping.signal.aborted) {
          // oxlint-disable-next-line no-await-in-loop -- one job after another
          const [job] = await boss.fetch<Payload>(name, { ...(hasGroups && { groupConcurrency: 4 }) });
          // oxlint-disable-next-line no-await-in-loop
          await sleep(job === undefined ? 20 : jobTime);
          if (job === undefined) continue;
          // oxlint-disable-next-line no-await-in-loop
          await boss.complete(name, job.id);
          done(job.data.tenant);
        }
      };
      for (let at = 0; at < workers; at++)
        loop().catch((error) => stopping.signal.aborted || console.error(error));
    },
    async close() {
      stopping.abort();
      await boss.stop({ graceful: false });
    },
  };
}

import { tenantIndexQuery } from "./claim-query.ts";
import { type AnyJob, defaultRetry } from "./define-job.ts";
import type { OpenDatabase } from "./open-database.ts";

/** Creates the queue of a kind of job in pg-boss, or gives it the options of the definition. */
export async function registerJob(
  database: OpenDatabase,
  schema: string,
  { name, tenant, retry = {}, keep }: AnyJob,
): Promise<void> {
  const {
    attempts = defaultRetry.attempts,
    delay = defaultRetry.delay,
    maxDelay = defaultRetry.maxDelay,
  } = retry;
  const options = {
    retryLimit: attempts - 1,
    retryDelay: Math.ceil(delay / 1_000),
    // Without a delay there is no backoff: that of pg-boss begins with a second.
    ...(delay > 0
      ? { retryBackoff: true, retryDelayMax: Math.ceil(maxDelay / 1_000) }
      : { retryBackoff: false }),
    heartbeatSeconds: 10,
    // The maximum of pg-boss. Heartbeats tell which jobs are alive.
    expireInSeconds: 86_400,
    // 50 years: a waiting job is never deleted.
    retentionSeconds: 1_576_800_000,
    deleteAfterSeconds:
      keep === undefined || keep === Number.POSITIVE_INFINITY ? 0 : Math.max(1, Math.ceil(keep / 1_000)),
  };
  await database.boss.createQueue(name, options);
  await database.boss.updateQueue(name, options);
  if (tenant !== undefined) await database.query(tenantIndexQuery(schema, name));
}

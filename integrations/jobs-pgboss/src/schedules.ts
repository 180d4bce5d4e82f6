import { checkNames, describeKind, describeThrown, type NamesOf } from "@llx/support";
import type { JobDefinition } from "./define-job.ts";
import { checkEnqueueOptions, newJobs, type StoredJob } from "./enqueue.ts";
import type { OpenDatabase } from "./open-database.ts";

/** How a job is scheduled. */
export interface ScheduleOptions {
  /**
   * Tells the schedules of one kind of job apart: one with the same name is replaced.
   *
   * @default ""
   */
  readonly name?: string | undefined;
  /**
   * The time zone of the expression, such as "Europe/Berlin".
   *
   * @default "UTC"
   */
  readonly timezone?: string | undefined;
  /**
   * Whether a job that was due while no process was running is enqueued later: one, however many were due.
   *
   * @default false
   */
  readonly catchUp?: boolean | undefined;
  /**
   * The priority of the jobs.
   *
   * @default 0
   */
  readonly priority?: number | undefined;
}

/** A job that is enqueued again and again. */
export interface Schedule<Payload> {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly payload: Payload;
}

const names: NamesOf<ScheduleOptions> = { name: true, timezone: true, catchUp: true, priority: true };

/** @throws TypeError or RangeError for invalid arguments, before anything is stored */
export async function storeSchedule<Payload>(
  database: OpenDatabase,
  job: JobDefinition<Payload, unknown>,
  cron: string,
  payload: Payload,
  options: ScheduleOptions,
): Promise<void> {
  checkNames(options, names, { tz: "use timezone", key: "use name" });
  const { name = "", timezone = "UTC", catchUp = false, priority = 0 } = options;
  checkScheduleName(name);
  checkEnqueueOptions({ priority });
  if (typeof catchUp !== "boolean") {
    throw new TypeError(`catchUp must be a boolean, not ${describeKind(catchUp)}`);
  }
  if (typeof cron !== "string") throw new TypeError(`cron must be a string, not ${describeKind(cron)}`);
  try {
    database.boss.previewSchedule(cron, { tz: timezone, count: 1 });
  } catch (cause) {
    throw new RangeError(
      `${JSON.stringify(cron.slice(0, 100))} in ${timezone} is no schedule: ${describeThrown(cause)}`,
      { cause },
    );
  }
  const [stored] = await newJobs(job, [payload], {});
  // As JSON: a driver would take the array for one of PostgreSQL's. The trace of this call is not that of the jobs.
  const data = JSON.stringify([stored!.data[0], null, null] satisfies StoredJob) as unknown as object;
  await database.boss.schedule(job.name, cron, data, {
    key: name,
    tz: timezone,
    missed: catchUp ? "once" : "skip",
    priority,
    ...(stored!.tenant !== undefined && { group: { id: stored!.tenant } }),
  });
}

export function removeSchedule(database: OpenDatabase, jobName: string, name: string): Promise<void> {
  checkScheduleName(name);
  return database.boss.unschedule(jobName, name);
}

export async function readSchedules<Payload>(
  database: OpenDatabase,
  jobName: string,
): Promise<Schedule<Payload>[]> {
  const schedules = await database.boss.getSchedules(jobName);
  return schedules.map(({ key, cron, timezone, data }) => ({
    name: key,
    cron,
    timezone,
    payload: (data as unknown as StoredJob)[0] as Payload,
  }));
}

function checkScheduleName(name: unknown): void {
  if (typeof name !== "string") {
    throw new TypeError(`the name of a schedule must be a string, not ${describeKind(name)}`);
  }
  if (!/^[\w./-]{0,100}$/.test(name)) {
    throw new RangeError(
      `the name of a schedule must have up to 100 letters, digits, "_", "-", "." or "/", not ${JSON.stringify(name.slice(0, 40))}`,
    );
  }
}

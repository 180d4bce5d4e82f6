import type { AnyJob } from "./define-job.ts";
import { lowestPriority } from "./enqueue.ts";
import { pausedTable } from "./pauses.ts";

/** Which jobs to claim. */
export interface ClaimRequest {
  /** How many at most. */
  readonly count: number;
  /** Only jobs of a higher priority than this. */
  readonly above: number | undefined;
  /** The tenant after which the turns continue. */
  readonly lastTenant: string;
}

/** A statement with its values, or several statements in one string. */
export interface Statement {
  readonly text: string;
  readonly values?: unknown[];
}

/** The tenant of a job. Those that were enqueued without one share the tenant "". The order is that of the bytes. */
const tenantOf = `(coalesce(group_id, '') COLLATE "C")`;

/** What a claim returns of a job. */
const columns = `id, data, retry_count, priority, date_part('epoch', created_on) AS created,
  date_part('epoch', start_after) AS due`;

/**
 * Writes the statements that claim jobs of a kind. Like the fetch of pg-boss, which returns them in no order, their
 * priority only with twenty more columns, and may exceed its `groupConcurrency` when several processes claim at once.
 * The ids are looked up as an array: as a join, before PostgreSQL has statistics on these jobs, 512 of 10,000 took a
 * second.
 *
 * @param embedded whether no other process can claim at the same time
 */
export function claimQuery(
  schema: string,
  job: AnyJob,
  embedded: boolean,
): (request: ClaimRequest) => Statement {
  const { tenant, concurrency, tenantConcurrency } = job;
  const table = `${schema}.job`;
  // The name has no quotes: `defineJob` has checked it.
  const name = `'${job.name}'`;
  const notPaused = `NOT EXISTS (SELECT FROM ${pausedTable(schema)} WHERE name = ${name})`;
  const claim = (from: string): string =>
    `UPDATE ${table} SET state = 'active', started_on = now(), heartbeat_on = now(),
       retry_count = CASE WHEN started_on IS NULL THEN retry_count ELSE retry_count + 1 END
     WHERE name = ${name} AND id = ANY(ARRAY(SELECT id FROM ${from}))`;
  const limited = (count: number): string =>
    concurrency === undefined
      ? String(count)
      : `least(${count}, greatest(0, ${concurrency} -
           (SELECT count(*) FROM ${table} WHERE name = ${name} AND state = 'active')))`;
  // Several statements in one string are one transaction, and each sees what was committed before it began: so no
  // process counts while another claims. The server ends it by itself, whatever becomes of the client.
  const locked = (text: string): Statement => ({
    text: embedded ? text : `SELECT pg_advisory_xact_lock(hashtext('${schema}'), hashtext(${name})); ${text}`,
  });

  if (tenant === undefined) {
    // The order is that of an index of pg-boss: nothing is sorted.
    const take = (count: string, above: string): string =>
      `WITH next AS (
         SELECT id FROM ${table}
         WHERE name = ${name} AND state < 'active' AND NOT blocked AND start_after <= now()
           AND priority >= ${above}::bigint AND ${notPaused}
         ORDER BY priority DESC, created_on, start_after LIMIT ${count} FOR UPDATE SKIP LOCKED
       )
       ${claim("next")} RETURNING ${columns}`;
    if (concurrency === undefined) {
      const text = take("$1", "$2");
      return ({ count, above }) => ({ text, values: [count, least(above)] });
    }
    return ({ count, above }) => locked(take(limited(count), String(least(above))));
  }

  // A walk along the index of tenants, from one to the next: the jobs of a tenant that it passes cost nothing.
  const waiting = `name = ${name} AND state < 'active' AND NOT blocked`;
  const first = (condition: string): string =>
    `(SELECT ${tenantOf} FROM ${table} WHERE ${waiting} ${condition} ORDER BY ${tenantOf} LIMIT 1)`;
  const after = (place: string): string => `coalesce(${first(`AND ${tenantOf} > ${place}`)}, ${first("")})`;
  const due = `${waiting} AND ${tenantOf} = turn.tenant AND start_after <= now()`;
  const free =
    tenantConcurrency === undefined
      ? "NULL::int"
      : `${tenantConcurrency} - coalesce(((SELECT counts FROM running) ->> turn.tenant)::int, 0)`;
  const running =
    tenantConcurrency === undefined
      ? ""
      : `running AS MATERIALIZED (
           SELECT coalesce(jsonb_object_agg(tenant, count), '{}') AS counts FROM (
             SELECT ${tenantOf} AS tenant, count(*) FROM ${table}
             WHERE name = ${name} AND state = 'active' GROUP BY 1
           ) AS active
         ),`;
  return ({ count, lastTenant }) => {
    const text = `WITH RECURSIVE room AS MATERIALIZED (SELECT ${limited(count)} AS jobs WHERE ${notPaused}),
       ${running}
       turn(tenant, first, place) AS (
         SELECT tenant, tenant, 1 FROM (SELECT ${after(literal(lastTenant))} AS tenant) AS start
         WHERE tenant IS NOT NULL AND EXISTS (SELECT FROM room WHERE jobs > 0)
         UNION ALL
         SELECT next.tenant, turn.first, turn.place + 1
         FROM turn CROSS JOIN LATERAL (SELECT ${after("turn.tenant")} AS tenant) AS next
         WHERE next.tenant <> turn.first
       ),
       able AS MATERIALIZED (
         SELECT turn.tenant, turn.place, ${free} AS free
         FROM turn CROSS JOIN LATERAL (SELECT 1 FROM ${table} WHERE ${due} LIMIT 1) AS has
         WHERE ${tenantConcurrency === undefined ? "true" : `${free} > 0`}
         LIMIT (SELECT jobs FROM room)
       ),
       share AS MATERIALIZED (
         SELECT ceil((SELECT jobs FROM room)::numeric / greatest(1, count(*)))::int AS jobs FROM able
       ),
       next AS MATERIALIZED (
         SELECT each.id FROM able AS turn CROSS JOIN LATERAL (
           SELECT id FROM ${table} WHERE ${due}
           ORDER BY priority DESC, created_on, start_after
           LIMIT least(turn.free, (SELECT jobs FROM share)) FOR UPDATE SKIP LOCKED
         ) AS each
         LIMIT (SELECT jobs FROM room)
       ),
       claimed AS (${claim("next")} RETURNING ${columns}, ${tenantOf} AS tenant)
       SELECT claimed.*, able.place FROM claimed JOIN able USING (tenant)`;
    return concurrency === undefined && tenantConcurrency === undefined ? { text } : locked(text);
  };
}

/** The name of the index that finds the waiting jobs of each tenant of a kind. */
const tenantIndexPrefix = "llx_tenants_";

/** Creates the index of tenants of a kind, where it is missing; writers wait meanwhile. */
export function tenantIndexQuery(schema: string, name: string): string {
  const exists = (index: string): string => `to_regclass('${schema}.' || ${index}) IS NOT NULL`;
  const index = `'${tenantIndexPrefix}' || md5('${name}')`;
  return `DO $do$ BEGIN
    IF NOT (${exists(index)}) THEN
      EXECUTE format('CREATE INDEX %I ON ${schema}.job (${tenantOf.replaceAll("'", "''")}, priority DESC, created_on, start_after)
        WHERE name = %L AND state < %L AND NOT blocked', ${index}, '${name}', 'active');
    END IF;
  EXCEPTION WHEN duplicate_table OR unique_violation THEN NULL;
  END $do$`;
}

/** The lowest priority above another one. */
function least(above: number | undefined): number {
  return above === undefined ? lowestPriority : above + 1;
}

/** A string as SQL, whatever is in it. */
function literal(text: string): string {
  return `convert_from(decode('${Buffer.from(text).toString("hex")}', 'hex'), 'UTF8')`;
}

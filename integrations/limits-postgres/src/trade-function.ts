/** The name of the function; another one where what it does changes, so that processes of both kinds go on. */
export const tradeFunction = "trade_1";

/** The clock of the server, in milliseconds: the time itself, not that at which the transaction began. */
const serverClock = "extract(epoch FROM clock_timestamp())::float8 * 1000";

/**
 * The statements that create tables and function in a schema, as one text: a transaction of its own. Any number of processes
 * may send it at once, and again.
 *
 * The function decides as `MemoryRateStore` of `@llx/async/shared` does, which explains how. Its names are the same. It
 * differs in how it keeps the state: what all slots of a budget have used is stored, not summed up each time.
 *
 * All tables are changed under the lock of the limit's row only. Each exchange updates that row and the member's, without
 * touching an index, and a slot for each budget; free space in each page (`fillfactor`) lets PostgreSQL put the new version
 * beside the old one, and reuse the space of versions before it without a vacuum.
 *
 * @param schema checked to be a plain identifier
 * @param clock SQL that tells the time in milliseconds; only tests give another one
 */
export function createStatements(schema: string, clock: string = serverClock): string {
  return `
-- Processes create one after another.
SELECT pg_advisory_xact_lock(hashtext('llx limits'), hashtext('${schema}'));
SET LOCAL client_min_messages = warning;
DO $do$ BEGIN
  -- CREATE SCHEMA IF NOT EXISTS wants the privilege to create one even if it exists.
  IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF;
END $do$;

CREATE TABLE IF NOT EXISTS ${schema}.limits (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  -- For each budget:
  budgets text[] NOT NULL DEFAULT '{}',
  intervals float8[] NOT NULL DEFAULT '{}',
  used float8[] NOT NULL DEFAULT '{}',
  expired float8[] NOT NULL DEFAULT '{}',
  paused_until float8 NOT NULL DEFAULT '-Infinity',
  -- When nothing is charged any more.
  idle_from float8 NOT NULL DEFAULT '-Infinity',
  -- What the clock of the server has told last, and by how much it was ever set back.
  clock float8 NOT NULL DEFAULT '-Infinity',
  shift float8 NOT NULL DEFAULT 0
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE IF NOT EXISTS ${schema}.members (
  id bigint GENERATED ALWAYS AS IDENTITY,
  limit_id bigint NOT NULL,
  name text NOT NULL,
  seen float8 NOT NULL,
  -- Of one that is hungry:
  since float8,
  until float8,
  head float8[],
  PRIMARY KEY (limit_id, name)
) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE IF NOT EXISTS ${schema}.slots (
  limit_id bigint NOT NULL,
  budget int NOT NULL,
  -- Empty for charges of others, as a service shows them.
  member text NOT NULL,
  number float8 NOT NULL,
  amount float8 NOT NULL,
  expires_at float8 NOT NULL,
  PRIMARY KEY (limit_id, budget, member, number)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_scale_factor = 0.05, autovacuum_analyze_threshold = 1000);
CREATE INDEX IF NOT EXISTS slots_expire ON ${schema}.slots (limit_id, budget, expires_at);

CREATE OR REPLACE FUNCTION ${schema}.charge_1(
  l ${schema}.limits, b int, member_name text, charged float8, moment float8, hold float8
) RETURNS ${schema}.limits LANGUAGE plpgsql AS $function$
DECLARE
  width CONSTANT float8 := l.intervals[b] / 200;
  slot CONSTANT float8 := floor(moment / width);
  expiry CONSTANT float8 := (slot + 1) * width + l.intervals[b] + hold;
BEGIN
  INSERT INTO ${schema}.slots AS s (limit_id, budget, member, number, amount, expires_at)
  VALUES (l.id, b, member_name, slot, charged, expiry)
  ON CONFLICT (limit_id, budget, member, number) DO UPDATE
  SET amount = s.amount + excluded.amount, expires_at = greatest(s.expires_at, excluded.expires_at);
  l.used[b] := l.used[b] + charged;
  l.idle_from := greatest(l.idle_from, expiry);
  RETURN l;
END $function$;

-- When enough of the slots has expired that an amount is free: of one member, or of all.
CREATE OR REPLACE FUNCTION ${schema}.room_at_1(
  l_id bigint, b int, member_name text, free float8, wanted float8, moment float8
) RETURNS float8 LANGUAGE plpgsql AS $function$
DECLARE
  room float8 := free;
  slot record;
BEGIN
  IF free >= wanted THEN RETURN moment; END IF;
  IF member_name IS NULL THEN
    FOR slot IN SELECT amount, expires_at FROM ${schema}.slots
      WHERE limit_id = l_id AND budget = b ORDER BY expires_at
    LOOP
      room := room + slot.amount;
      IF room >= wanted THEN RETURN slot.expires_at; END IF;
    END LOOP;
  ELSE
    FOR slot IN SELECT amount, expires_at FROM ${schema}.slots
      WHERE limit_id = l_id AND budget = b AND member = member_name ORDER BY expires_at
    LOOP
      room := room + slot.amount;
      IF room >= wanted THEN RETURN slot.expires_at; END IF;
    END LOOP;
  END IF;
  RETURN moment;
END $function$;

CREATE OR REPLACE FUNCTION ${schema}.${tradeFunction}(limit_name text, ask jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '4s' AS $function$
#variable_conflict use_column
DECLARE
  me CONSTANT text := ask->>'member';
  hold CONSTANT float8 := (ask->>'hold')::float8;
  leaves CONSTANT boolean := (ask->>'leaves')::boolean;
  -- All numbers of all requests, one after another.
  wants CONSTANT float8[] := ARRAY(SELECT w::float8 FROM jsonb_array_elements_text(ask->'wants') AS w);
  extra CONSTANT float8[] := ARRAY(SELECT e::float8 FROM jsonb_array_elements_text(ask->'extra') AS e);
  -- For each budget of the ask, in its order: its limit, its interval, and its position in the arrays of the limit.
  maxima float8[] := '{}';
  asked_intervals float8[] := '{}';
  place int[] := '{}';
  n CONSTANT int := jsonb_array_length(ask->'budgets');
  found_at int;
  requests int;
  l ${schema}.limits;
  now float8;
  each record;
  old_amount float8;
  free float8[] := '{}';
  slots float8[] := '{}';
  intervals float8[] := '{}';
  expired float8[] := '{}';
  charged float8;
  longest float8;
  paused_for float8;
  -- Of the members that are hungry:
  hungry int := 0;
  last_until float8;
  oldest_since float8;
  oldest_head float8[];
  since_me float8;
  own float8[] := '{}';
  quotas float8[] := '{}';
  most float8[] := '{}';
  total float8[] := '{}';
  more float8[] := '{}';
  granted int := 0;
  head float8[];
  stored_head float8[];
  retry_at float8;
  retry_in float8 := 0;
  until_me float8;
  batch float8;
  head_at float8;
  batch_at float8;
  own_at float8;
  members int;
  fits boolean;
BEGIN
  SELECT * INTO l FROM ${schema}.limits WHERE name = limit_name FOR UPDATE;
  WHILE NOT FOUND LOOP
    -- A new limit. Those that nobody has used for a day go.
    WITH gone AS (
      DELETE FROM ${schema}.limits WHERE id IN (
        SELECT id FROM ${schema}.limits
        WHERE greatest(idle_from, paused_until, clock + shift) < (${clock}) - 86400000
        FOR UPDATE SKIP LOCKED)
      RETURNING id
    ), gone_slots AS (
      DELETE FROM ${schema}.slots WHERE limit_id IN (SELECT id FROM gone)
    ) DELETE FROM ${schema}.members WHERE limit_id IN (SELECT id FROM gone);
    INSERT INTO ${schema}.limits (name) VALUES (limit_name) ON CONFLICT DO NOTHING;
    SELECT * INTO l FROM ${schema}.limits WHERE name = limit_name FOR UPDATE;
  END LOOP;

  -- The time counts from here on, as others may have had the lock for long. If the clock is set back, time stands still.
  now := ${clock};
  IF now < l.clock THEN l.shift := l.shift + (l.clock - now); END IF;
  l.clock := now;
  now := now + l.shift;

  FOR each IN SELECT b->>'name' AS name, (b->>'limit')::float8 AS most, (b->>'interval')::float8 AS duration
    FROM jsonb_array_elements(ask->'budgets') AS b
  LOOP
    found_at := array_position(l.budgets, each.name);
    IF found_at IS NULL THEN
      l.budgets := l.budgets || each.name;
      l.intervals := l.intervals || each.duration;
      l.used := l.used || 0::float8;
      l.expired := l.expired || 0::float8;
      found_at := cardinality(l.budgets);
    END IF;
    place := place || found_at;
    maxima := maxima || each.most;
    asked_intervals := asked_intervals || each.duration;
  END LOOP;

  FOR i IN 1..n LOOP
    WITH gone AS (
      DELETE FROM ${schema}.slots WHERE limit_id = l.id AND budget = place[i] AND expires_at <= now RETURNING amount
    ) SELECT coalesce(sum(amount), 0) INTO charged FROM gone;
    IF charged > 0 THEN
      l.used[place[i]] := l.used[place[i]] - charged;
      l.expired[place[i]] := l.expired[place[i]] + charged;
    END IF;
  END LOOP;

  FOR each IN SELECT (c->>'budget')::int + 1 AS i, (c->>'slot')::float8 AS slot, (c->>'amount')::float8 AS change
    FROM jsonb_array_elements(ask->'corrections') AS c
  LOOP
    SELECT amount INTO old_amount FROM ${schema}.slots
      WHERE limit_id = l.id AND budget = place[each.i] AND member = me AND number = each.slot;
    IF FOUND THEN
      UPDATE ${schema}.slots SET amount = greatest(0, old_amount + each.change)
        WHERE limit_id = l.id AND budget = place[each.i] AND member = me AND number = each.slot;
      l.used[place[each.i]] := l.used[place[each.i]] + (greatest(0, old_amount + each.change) - old_amount);
    ELSIF each.change > 0 THEN
      l := ${schema}.charge_1(l, place[each.i], me, each.change, now, 0);
    END IF;
  END LOOP;

  FOR i IN 1..n LOOP free[i] := maxima[i] - l.used[place[i]]; END LOOP;
  FOR each IN SELECT (o->>'budget')::int + 1 AS i, (o->>'remaining')::float8 AS remaining,
    (o->>'reset')::float8 AS reset, (o->>'expiredBefore')::float8 AS expired_before
    FROM jsonb_array_elements(ask->'observations') AS o
  LOOP
    charged := free[each.i] - (l.expired[place[each.i]] - each.expired_before) - each.remaining;
    CONTINUE WHEN charged <= 0;
    l := ${schema}.charge_1(l, place[each.i], '', charged, now, each.reset - l.intervals[place[each.i]]);
    free[each.i] := free[each.i] - charged;
  END LOOP;

  IF (ask->>'pauseFor')::float8 > 0 AND now + (ask->>'pauseFor')::float8 > l.paused_until THEN
    l.paused_until := now + (ask->>'pauseFor')::float8;
    -- One channel for all limits of a schema; a function sends it when its transaction is stored.
    PERFORM pg_notify('${schema}', (l.paused_until - now)::text || ' ' || limit_name);
  END IF;

  FOR i IN 1..n LOOP
    slots[i] := floor(now / (l.intervals[place[i]] / 200));
    intervals[i] := l.intervals[place[i]];
    expired[i] := l.expired[place[i]];
    longest := greatest(longest, intervals[i]);
  END LOOP;
  DELETE FROM ${schema}.members
    WHERE limit_id = l.id AND seen < now - longest AND coalesce(until, now) <= now;
  paused_for := greatest(0, l.paused_until - now);

  IF NOT leaves AND paused_for = 0 THEN
    -- Those that are hungry, the longest first; among equals the one that came first.
    FOR each IN SELECT name, since, until, head FROM ${schema}.members
      WHERE limit_id = l.id AND since IS NOT NULL ORDER BY since, id
    LOOP
      IF each.name = me THEN since_me := each.since;
      ELSIF each.until > now THEN
        IF hungry = 0 THEN
          oldest_since := each.since;
          oldest_head := each.head;
        END IF;
        hungry := hungry + 1;
        last_until := greatest(last_until, each.until);
      END IF;
    END LOOP;
    since_me := coalesce(since_me, now);
    IF oldest_since >= since_me THEN oldest_since := NULL; END IF;

    FOR i IN 1..n LOOP
      IF hungry > 0 THEN
        SELECT coalesce(sum(amount), 0) INTO charged FROM ${schema}.slots
          WHERE limit_id = l.id AND budget = place[i] AND member = me;
        own[i] := charged;
      END IF;
      quotas[i] := ceil(maxima[i] / (hungry + 1));
      most[i] := free[i];
      IF oldest_since IS NOT NULL THEN most[i] := free[i] - coalesce(oldest_head[place[i]], 0); END IF;
      total[i] := 0;
    END LOOP;

    requests := cardinality(wants) / n;
    WHILE granted < requests LOOP
      fits := true;
      IF hungry > 0 AND NOT (granted = 0 AND oldest_since IS NULL) THEN
        FOR i IN 1..n LOOP
          fits := fits AND (wants[granted * n + i] = 0 OR own[i] + total[i] < quotas[i]);
        END LOOP;
      END IF;
      FOR i IN 1..n LOOP fits := fits AND total[i] + wants[granted * n + i] <= most[i]; END LOOP;
      EXIT WHEN NOT fits;
      FOR i IN 1..n LOOP total[i] := total[i] + wants[granted * n + i]; END LOOP;
      granted := granted + 1;
    END LOOP;

    IF granted < requests THEN head := wants[granted * n + 1 : (granted + 1) * n]; END IF;
    FOR i IN 1..n LOOP
      more[i] := CASE WHEN head IS NULL AND hungry = 0
        THEN greatest(0, least(extra[i], floor((free[i] - total[i]) / 2))) ELSE 0 END;
      charged := total[i] + more[i];
      IF charged > 0 THEN l := ${schema}.charge_1(l, place[i], me, charged, now, hold); END IF;
      free[i] := free[i] - charged;
    END LOOP;

    IF head IS NOT NULL THEN
      retry_at := now;
      FOR i IN 1..n LOOP
        charged := 0;
        FOR j IN granted..requests - 1 LOOP charged := charged + wants[j * n + i]; END LOOP;
        batch := greatest(head[i], least(charged, floor(quotas[i] / 2)));
        charged := maxima[i] - l.used[place[i]];
        head_at := ${schema}.room_at_1(l.id, place[i], NULL, charged, head[i], now);
        batch_at := ${schema}.room_at_1(l.id, place[i], NULL, charged, batch, now);
        IF hungry > 0 THEN
          SELECT quotas[i] - coalesce(sum(amount), 0) INTO charged FROM ${schema}.slots
            WHERE limit_id = l.id AND budget = place[i] AND member = me;
          own_at := ${schema}.room_at_1(l.id, place[i], me, charged, head[i], now);
          head_at := greatest(head_at, least(own_at, last_until));
          own_at := ${schema}.room_at_1(l.id, place[i], me, charged, batch, now);
          batch_at := greatest(batch_at, least(own_at, last_until));
        END IF;
        retry_at := greatest(retry_at, least(batch_at, head_at + asked_intervals[i] / 10));
        stored_head[place[i]] := head[i];
      END LOOP;
      retry_in := greatest(retry_at - now, CASE WHEN hungry > 0 THEN hold / 8 ELSE 1 END);
      IF granted > 0 THEN since_me := now; END IF;
      until_me := now + retry_in + 2 * hold;
    END IF;
  ELSE
    retry_in := paused_for;
    FOR i IN 1..n LOOP more[i] := 0; END LOOP;
  END IF;

  IF leaves THEN DELETE FROM ${schema}.members WHERE limit_id = l.id AND name = me;
  ELSE
    IF head IS NULL THEN since_me := NULL; END IF;
    UPDATE ${schema}.members SET seen = now, since = since_me, until = until_me, head = stored_head
      WHERE limit_id = l.id AND name = me;
    IF NOT FOUND THEN
      INSERT INTO ${schema}.members (limit_id, name, seen, since, until, head)
      VALUES (l.id, me, now, since_me, until_me, stored_head);
    END IF;
  END IF;
  SELECT count(*) INTO members FROM ${schema}.members WHERE limit_id = l.id;

  UPDATE ${schema}.limits SET budgets = l.budgets, intervals = l.intervals, used = l.used, expired = l.expired,
    paused_until = l.paused_until, idle_from = l.idle_from, clock = l.clock, shift = l.shift
  WHERE id = l.id;
  RETURN json_build_object('granted', granted, 'extra', more, 'slots', slots, 'expired', expired, 'free', free,
    'retryIn', retry_in, 'pausedFor', paused_for, 'members', members, 'intervals', intervals);
END $function$;
`;
}

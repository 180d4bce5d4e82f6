#!/usr/bin/env bash
# pg-boss 12.38.0: `groupConcurrency`, which "limits concurrent jobs per group globally across all nodes", is exceeded when
# several connections fetch at once. The statement that claims counts the active jobs in its own snapshot: jobs that another
# connection claims in the same moment are not in it, and each of the two claims up to the limit. So a limit of 1 does not
# keep two jobs of a group apart. One process at a time, and an embedded database, are right. To count exactly, take a lock
# in a statement before the one that claims.
#
# Output seen, with 8 loops of fetch and complete over 2 instances (PostgreSQL 15; the numbers vary from run to run):
#   groupConcurrency 1: at most 7 jobs of the group at once
#   groupConcurrency 2: at most 6 jobs of the group at once
#
# Exits with 0 while this is so. Needs Node.js 22 or later, npm, and PostgreSQL's initdb (Debian: apt-get install postgresql).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent pg-boss@12.38.0
bin=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
stop() {
  as_owner "$bin/pg_ctl" -D "$folder/db/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
chmod 755 "$folder"
mkdir db
if [ "$(id -u)" = 0 ]; then chown postgres db; fi
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
as_owner "$bin/initdb" -D "$folder/db/data" -U postgres -A trust -N >/dev/null
as_owner "$bin/pg_ctl" -D "$folder/db/data" -w -l "$folder/db/log" -o "-h 127.0.0.1 -p $port -k $folder/db" start >/dev/null
cat >program.mjs <<'END'
import { setTimeout as sleep } from "node:timers/promises";
import { PgBoss } from "pg-boss";

const connectionString = `postgres://postgres@127.0.0.1:${process.argv[2]}/postgres`;
const instances = [1, 2].map(() => new PgBoss({ connectionString, max: 4, supervise: false, schedule: false }));
for (const boss of instances) {
  boss.on("error", (error) => console.error(error));
  await boss.start();
}
await instances[0].createQueue("jobs");
for (const groupConcurrency of [1, 2]) {
  const jobs = Array.from({ length: 500 }, () => ({ group: { id: "one" } }));
  await instances[0].insert("jobs", jobs);
  let [running, most, done] = [0, 0, 0];
  const loop = async (boss) => {
    while (done < jobs.length) {
      const [job] = await boss.fetch("jobs", { groupConcurrency });
      if (job !== undefined) most = Math.max(most, ++running);
      await sleep(3);
      if (job === undefined) continue;
      // Counted as ended before it is completed: what is above the limit was so in the database too.
      running--;
      done++;
      await boss.complete("jobs", job.id);
    }
  };
  await Promise.all(instances.flatMap((boss) => [1, 2, 3, 4].map(() => loop(boss))));
  console.log(`groupConcurrency ${groupConcurrency}: at most ${most} jobs of the group at once`);
  if (most <= groupConcurrency) {
    console.error("changed: the limit held");
    process.exitCode = 1;
  }
}
for (const boss of instances) await boss.stop({ graceful: false });
END
node program.mjs "$port"

#!/usr/bin/env bash
# keyv 6.1.0: whether a read that fails is an error depends on whether somebody listens to the event "error". Without a
# listener `get` rejects with the store's error. With one, such as a line that logs, it resolves with `undefined`, as for
# a key that is not there: so a cache behind which something expensive stands asks for everything again while its store
# is down, and who added the logging for just that case has changed what the code around it sees.
#
# Output seen, of a store whose `get` rejects with "store is down":
#   { without: 'rejected: store is down', with: 'resolved: undefined' }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent keyv@6.1.0
cat >program.mjs <<'END'
import { Keyv } from "keyv";

/** A store that can be written, and not read for the moment. */
const store = {
  get: () => Promise.reject(new Error("store is down")),
  set: async () => true,
  delete: async () => true,
  clear: async () => {},
  has: async () => false,
};

const read = (keyv) =>
  keyv.get("key").then(
    (value) => `resolved: ${value}`,
    (error) => `rejected: ${error.message}`,
  );

const plain = new Keyv({ store });
const logging = new Keyv({ store });
logging.on("error", () => {});
const seen = { without: await read(plain), with: await read(logging) };
console.log(seen);
if (seen.without !== "rejected: store is down" || seen.with !== "resolved: undefined") {
  console.error("changed: a listener makes another difference, or none");
  process.exitCode = 1;
}
END
node program.mjs

// The thread of the embedded database: opens it, and runs one statement after another.
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { makeDatabase } from "./new-database.ts";
import type { OpenDirectory, PgliteReply, PgliteRequest } from "./pglite-messages.ts";

const { directory } = workerData as OpenDirectory;
const opening = open();

parentPort!.on("message", (request: PgliteRequest) => {
  void answer(request).then((reply) => parentPort!.postMessage(reply));
});

/** A new database gets its name when it is complete: a run that is killed or fails before leaves nothing half-made. */
async function open(): Promise<PGlite> {
  const [data, unfinished] = [join(directory, "data"), join(directory, "unfinished")];
  if (!existsSync(data)) {
    await rm(unfinished, { recursive: true, force: true });
    await makeDatabase(unfinished);
    await rename(unfinished, data);
  }
  return PGlite.create(data, { extensions: { vector } });
}

async function answer(request: PgliteRequest): Promise<PgliteReply> {
  try {
    const pglite = await opening;
    if (request === "close") {
      await pglite.close();
      return { rows: [] };
    }
    const { sql, parameters } = request;
    const { rows } = await pglite.query(sql, [...parameters], {
      serializers: parameters.some((each) => each instanceof Uint8Array) ? await asBytes(pglite) : {},
    });
    return { rows };
  } catch (error) {
    const { message = String(error), code } = error as { message?: string; code?: string };
    return { error: { message, code } };
  }
}

let serializers: ReturnType<typeof readSerializers> | undefined;

/** PGlite makes text of a parameter whose type it does not know; bytes it sends as they are. */
function asBytes(pglite: PGlite): ReturnType<typeof readSerializers> {
  serializers ??= readSerializers(pglite);
  return serializers;
}

async function readSerializers(pglite: PGlite): Promise<Record<number, (bytes: unknown) => string>> {
  const { rows } = await pglite.query<{ type: number }>("SELECT 'vector'::regtype::oid::integer AS type");
  // Its declaration says that a parameter is sent as a string only.
  return { [rows[0]!.type]: (bytes) => bytes as string };
}

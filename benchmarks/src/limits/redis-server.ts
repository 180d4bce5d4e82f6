import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** A Redis of a benchmark's own, without persistence. */
export interface RedisServer {
  readonly port: number;
  readonly client: Redis;
  close(): Promise<void>;
}

/** @throws Error if `redis-server` is not installed */
export async function startRedis(): Promise<RedisServer> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  const folder = mkdtempSync(join(tmpdir(), "llx-bench-"));
  const options = ["--port", String(port), "--save", "", "--appendonly", "no", "--dir", folder];
  const server = spawn("redis-server", options, { stdio: "ignore" });
  await once(server, "spawn").catch((error: unknown) => {
    throw new Error("redis-server is needed (Debian: apt-get install redis-server)", { cause: error });
  });
  const client = new Redis(port, "127.0.0.1");
  // Until the server listens.
  client.on("error", () => {});
  await client.ping();
  return {
    port,
    client,
    async close() {
      client.disconnect();
      server.kill();
      await once(server, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

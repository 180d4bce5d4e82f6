import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import { createJobQueue } from "./index.ts";

const password = "pa55 w0rd/of:mine";
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  vi.unstubAllEnvs();
});

/** The port of a PostgreSQL that refuses every password, and reveals it in its error. */
async function startRefusingPostgres(detail: (password: string) => string): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => {
      // AuthenticationCleartextPassword.
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      socket.once("data", (message) => {
        const sent = message.subarray(5, -1).toString();
        const fields = `SFATAL\0C28P01\0Mthe password "${sent}" is wrong\0D${detail(sent)}\0\0`;
        const head = Buffer.from([0x45, 0, 0, 0, 0]);
        head.writeInt32BE(Buffer.byteLength(fields) + 4, 1);
        socket.end(Buffer.concat([head, Buffer.from(fields)]));
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return (server.address() as AddressInfo).port;
}

it("is in no error of a database that repeats it, in any form", async () => {
  const port = await startRefusingPostgres((sent) => Buffer.from(sent).toString("base64"));
  const connectionString = `postgres://user:${encodeURIComponent(password)}@127.0.0.1:${port}/db`;
  const error: unknown = await createJobQueue({ connectionString }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    message: `the job queue cannot open PostgreSQL at 127.0.0.1:${port}/db: the password "[redacted]" is wrong`,
  });
  const shown = inspect(error, { showHidden: true, depth: 9 });
  expect(shown).not.toContain(password);
  expect(shown).not.toContain(Buffer.from(password).toString("base64"));
});

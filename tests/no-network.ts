import { Socket } from "node:net";
import { beforeAll } from "vitest";

/** A test that connects to another machine fails at once, on every machine. */
beforeAll(() => {
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    const [first] = args.flat() as ({ host?: string; path?: string } | number | string)[];
    const host = typeof first === "object" ? (first.host ?? "localhost") : "localhost";
    if (!["localhost", "127.0.0.1", "::1"].includes(host)) {
      throw new Error(`a test tried to connect to ${host}; tests may connect only to this machine`);
    }
    return Reflect.apply(connect, this, args) as Socket;
  };
});

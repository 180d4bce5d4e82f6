import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A service with a limit of requests and of tokens in each `interval` milliseconds: an exact sliding window over what it
 * has accepted, by its own clock. `POST /?tokens=n&process=i` is accepted at once or refused with 429. `GET /` returns all
 * arrivals since the last call and forgets them, the limit's too. `POST /warm-up` is not counted. Run as a process of its own:
 * `service.ts <requests> <tokens> <interval>`.
 */
export interface Arrival {
  /** Milliseconds by the clock of the service. */
  readonly at: number;
  readonly tokens: number;
  /** The number of the process that has sent it. */
  readonly from: number;
  readonly refused: boolean;
}

const [requests = 0, tokens = 0, interval = 0] = process.argv.slice(2).map(Number);
let arrivals: Arrival[] = [];
const accepted: Arrival[] = [];
let acceptedTokens = 0;

const server = createServer((request, response) => {
  const at = performance.now();
  if (request.method === "GET") {
    response.end(JSON.stringify(arrivals));
    arrivals = [];
    accepted.length = 0;
    acceptedTokens = 0;
    return;
  }
  const { pathname, searchParams: query } = new URL(request.url!, "http://service");
  if (pathname === "/warm-up") {
    request.resume().on("end", () => response.end());
    return;
  }
  const cost = Number(query.get("tokens"));
  while (accepted.length > 0 && accepted[0]!.at <= at - interval) acceptedTokens -= accepted.shift()!.tokens;
  const refused = accepted.length >= requests || acceptedTokens + cost > tokens;
  const arrival = { at, tokens: cost, from: Number(query.get("process")), refused };
  arrivals.push(arrival);
  if (!refused) {
    accepted.push(arrival);
    acceptedTokens += cost;
  }
  request.resume().on("end", () => response.writeHead(refused ? 429 : 200).end());
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());

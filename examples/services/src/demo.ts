// For each framework: one client disconnects, another one still waits when the service gets SIGTERM.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

async function show(program: string, ...args: string[]): Promise<void> {
  console.log(`— ${[program, ...args].join(" ")}`);
  const service = spawn(process.execPath, [`${import.meta.dirname}/${program}`, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(service, "close");
  const client = new AbortController();
  let url = "";
  let asked = 0;
  let answer: Promise<string> | undefined;
  for await (const line of createInterface({ input: service.stdout })) {
    if (line.startsWith("listening on ")) {
      url = `${line.slice("listening on ".length)}/search?q=tides`;
      fetch(url, { signal: client.signal }).catch(() => {}); // it disconnects: that is meant
      continue;
    }
    if (asked > 0) console.log(line);
    if (line === "embedding a question") {
      asked++;
      if (asked === 1) client.abort();
      else service.kill("SIGTERM");
    }
    if (line.includes("aborted") && answer === undefined) {
      answer = fetch(url).then((response) => response.text());
    }
  }
  const [code] = await closed;
  console.log(`${await answer}, exit code ${code}\n`);
}

await show("main.ts");
await show("with-framework.ts", "fastify");
await show("with-framework.ts", "hono");
await show("exit-code.ts");

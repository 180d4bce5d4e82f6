// For each framework: one client disconnects, another one still waits when the service gets SIGTERM.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

async function show(framework: string, program = "main.ts"): Promise<void> {
  console.log(`— ${framework}, ${program}`);
  const service = spawn(process.execPath, [`${import.meta.dirname}/${program}`, framework], {
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

await show("node:http");
await show("fastify");
await show("hono");
await show("node:http", "exit-code.ts");

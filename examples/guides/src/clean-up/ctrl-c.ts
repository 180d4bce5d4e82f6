import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const server = spawn(process.execPath, [`${import.meta.dirname}/server.ts`, "--serve"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const closed = once(server, "close");
let body: Promise<string> | undefined;
for await (const line of createInterface({ input: server.stdout })) {
  if (line.startsWith("http:")) {
    body = fetch(line).then((response) => response.text());
    continue;
  }
  console.log(line);
  if (line === "request received") server.kill("SIGINT"); // what Ctrl-C sends
}
const [code] = await closed;
console.log(`response: ${await body}; exit code ${code}`);

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const server = spawn(process.execPath, [`${import.meta.dirname}/server.ts`, "--serve"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const closed = once(server, "close");
let answer: Promise<string> | undefined;
for await (const line of createInterface({ input: server.stdout })) {
  if (line.startsWith("http:")) {
    answer = fetch(line).then((response) => response.text());
    continue;
  }
  console.log(line);
  if (line === "a request has come") server.kill("SIGINT"); // what Ctrl-C does
}
const [code] = await closed;
console.log(`the answer was: ${await answer}; exit code ${code}`);

// The quick start; `start.mjs --devtools` runs it with a live page, for which it first builds @llx/devtools.
// What else it needs, `npm start` has installed and built before.
import { fileURLToPath } from "node:url";
import { quietly } from "./quietly.mjs";

const quickstart = new URL("../examples/quickstart/src/main.ts", import.meta.url);
const devtools = new URL("../integrations/devtools/dist/cli.js", import.meta.url);

const [node, , ...args] = process.argv;
const others = args.filter((arg) => arg !== "--devtools");
const isWatched = others.length < args.length;
if (isWatched) {
  await quietly("Building the page", "turbo", ["run", "build", "--filter=@llx/devtools..."]);
  process.argv = [node, fileURLToPath(devtools), node, fileURLToPath(quickstart), ...others];
}
await import((isWatched ? devtools : quickstart).href);

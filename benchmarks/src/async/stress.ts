// How libraries behave under stress: one table, with each cell measured in its own process.
//   node stress.ts [words of a case's name]
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { cases } from "./stress-cases.ts";

/** How long a cell may take before it counts as hanging. */
const limit = 2_000;

const [given, cellName] = process.argv.slice(2);
if (cellName === undefined) await printTable(given);
else {
  const cell = cases[Number(given)]?.cells[cellName] ?? assert.fail(`no cell ${given} ${cellName}`);
  process.send!("started");
  process.send!(await cell(), () => process.exit());
}

async function printTable(words = ""): Promise<void> {
  console.log(`\n**Behaviour under stress** (Node ${process.versions.node})\n`);
  console.log(`| case | ours | peers |\n| --- | --- | --- |`);
  for (const [index, { name, cells }] of cases.entries()) {
    if (!name.includes(words)) continue;
    const libraries = Object.keys(cells);
    const results = new Map<string, string>();
    const left = libraries.values();
    const work = async (): Promise<void> => {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      for (const each of left) results.set(each, await measure(index, each));
    };
    // Two at once, because some mostly wait.
    // oxlint-disable-next-line no-await-in-loop -- one row after another
    await Promise.all([work(), work()]);
    const { true: ours = [], false: peers = [] } = Object.groupBy(
      libraries,
      (each) => `${each.startsWith("ours")}`,
    );
    console.log(`| ${name} | ${told(ours, results)} | ${told(peers, results)} |`);
  }
}

/** Libraries with the same result are grouped; if all agree, none is named. */
function told(libraries: readonly string[], results: ReadonlyMap<string, string>): string {
  const groups = Object.entries(Object.groupBy(libraries, (library) => results.get(library) ?? ""));
  if (groups.length === 1 && libraries[0]?.startsWith("ours")) return groups[0]![0];
  return groups
    .map(
      ([result, names = []]) => `${names.map((name) => name.replace(/^ours, /, "")).join("; ")}: ${result}`,
    )
    .join(". ");
}

function measure(index: number, library: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = fork(import.meta.filename, [String(index), library], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let timer: NodeJS.Timeout | undefined;
  let result: string | undefined;
  let errors = "";
  child.stderr?.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  child.on("message", (message) => {
    if (message === "started") timer = setTimeout(() => child.kill("SIGKILL"), limit);
    else result = message as string;
  });
  child.on("close", (code, signal) => {
    clearTimeout(timer);
    // 13: the event loop is empty, and an awaited promise has not settled.
    if (result !== undefined) resolve(result);
    else if (signal === "SIGKILL" || code === 13) resolve("hangs");
    else reject(new Error(`${cases[index]?.name}, ${library}: ended with ${code}\n${errors}`));
  });
  return promise;
}

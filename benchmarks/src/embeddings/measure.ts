import { clients, type Task } from "./clients.ts";

/** One client, one run, in its own process: `measure.ts <client> <url> <dimensions> <format> <texts>`. */
const [name = "", url = "", dimensions = "", format = "", count = ""] = process.argv.slice(2);
const client = clients[name];
if (client === undefined) throw new Error(`no client ${name}; there are ${Object.keys(clients).join(", ")}`);
const texts = Array.from({ length: Number(count) }, (_, index) => `passage number ${index} of a long text`);
const task: Task = { url, texts, dimensions: Number(dimensions), format: format as Task["format"] };

// Warms up, so that loading, compiling and connecting are not measured.
await client({ ...task, texts: texts.slice(0, 96 * 8 * 3) });
gc!();
const kept = process.memoryUsage();
const cpu = process.cpuUsage();
const start = performance.now();
const vectors = await client(task);
const wall = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
gc!();
const { heapUsed, arrayBuffers } = process.memoryUsage();
if (vectors.length !== texts.length || vectors.some((vector) => vector.length !== task.dimensions)) {
  throw new Error(`${name} gave other vectors than were asked for`);
}
const bytes = heapUsed + arrayBuffers - kept.heapUsed - kept.arrayBuffers;
console.log(JSON.stringify({ cpu: (user + system) / 1000, wall, bytes }));

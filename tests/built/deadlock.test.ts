import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";

/** A function that takes a permit, and one that requests it again inside, on distinct lines. */
const program = `import { ResourcePool, Semaphore } from "@llx/async";

const permits = new Semaphore(1, { label: "permits", detectDeadlocks: true });
const pool = new ResourcePool({ create: async () => ({}), destroy: () => {}, max: 1 });
const alone = () => permits.use(() =>
  permits.use(async () => {}));
const throughPool = () => permits.use(() =>
  pool.use(() =>
    permits.use(async () => {})));
for (const deadlock of [alone, throughPool]) {
  await deadlock().catch(({ name, waiters }) => console.log(JSON.stringify({ name, where: waiters[0].where })));
}
`;

/** A stack in plain Node differs from one in transformed tests. */
it("names the lines of the program in a deadlock, not those of the package, and sees through a pool", () => {
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: resolve("examples/quickstart"),
    encoding: "utf8",
    timeout: 20_000,
  });
  const errors = printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; where: string });
  expect(errors).toEqual([
    { name: "DeadlockError", where: expect.stringMatching(/\[eval1\]:6:11/) },
    { name: "DeadlockError", where: expect.stringMatching(/\[eval1\]:9:13/) },
  ]);
});

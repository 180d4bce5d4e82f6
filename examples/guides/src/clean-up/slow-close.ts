import { setTimeout } from "node:timers/promises";
import { asyncRun } from "@llx/async";

async function flush(): Promise<void> {
  await setTimeout(300);
}

try {
  await asyncRun(({ defer }) => defer(flush), { grace: 20 });
} catch (error) {
  console.log(String(error));
}

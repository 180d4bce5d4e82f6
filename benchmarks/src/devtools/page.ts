import { spawn } from "node:child_process";
import { once } from "node:events";

/** A reader of a page's events in a process of its own, as a browser is. */
export async function openPage(address: string): Promise<() => Promise<void>> {
  const program = `
    const response = await fetch(${JSON.stringify(new URL("events", address).href)});
    console.log("open");
    for await (const piece of response.body) void piece;`;
  const page = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(page.stdout, "data");
  return async () => {
    const ended = once(page, "exit");
    page.kill();
    await ended;
  };
}

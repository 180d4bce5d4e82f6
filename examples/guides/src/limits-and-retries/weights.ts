import { Semaphore } from "@llx/async";

const megabytes = new Semaphore(100, { label: "megabytes" });
const permit = await megabytes.acquire({ weight: 80 });
try {
  await megabytes.use(() => "large", { weight: 30, timeout: 10 });
} catch (error) {
  console.log(String(error));
} finally {
  permit.release(); // a second release does nothing
}

import { type Kind, openTenantContender } from "./tenant-contenders.ts";

/** A worker process: reports the tenant of each job that is done, except those of the big one. */
const [kind, url, name] = process.argv.slice(2);
const contender = await openTenantContender(kind as Kind, url, name!);
process.on("disconnect", () => void contender.close().then(() => process.exit()));
await contender.work((tenant) => {
  if (tenant !== "big" && process.connected) process.send?.(tenant);
});
process.send?.("ready");

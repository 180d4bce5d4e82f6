import { openPackage, openRaw } from "./contenders.ts";

/** A worker process: a job name starts it, `stop` ends it; it replies when done. */
const [kind, url] = process.argv.slice(2);
const contender = await (kind === "raw" ? openRaw : openPackage)(url);
let stop: (() => Promise<void>) | undefined;

process.on(
  "message",
  (message: { readonly prepare?: string; readonly work?: string; readonly stop?: true }) => {
    void (async () => {
      if (message.prepare !== undefined) await contender.prepare(message.prepare);
      if (message.work !== undefined) stop = await contender.work(message.work);
      if (message.stop) await stop?.();
      process.send?.("done");
    })();
  },
);
process.on("disconnect", () => void contender.close().then(() => process.exit()));
process.send?.("ready");

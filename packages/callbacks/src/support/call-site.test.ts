import { expect, it } from "vitest";
import { callSite, captureStack } from "./call-site.ts";

it("is the first frame outside these packages and Node.js", () => {
  const stack = `Error
    at DebugHandler.onEventStart (file:///app/node_modules/@llx/callbacks/dist/index.js:10:5)
    at Object.run (/app/node_modules/@llx/async/dist/chunk-A1B2.cjs:3:9)
    at OpenEvent (/work/packages/callbacks/src/events/open-event.ts:70:3)
    at AsyncLocalStorage.run (node:internal/async_local_storage/async_context_frame:63:14)
    at async load (file:///app/src/load.ts:5:3)
    at main (file:///app/src/main.ts:1:1)`;
  expect(callSite({ stack })).toBe("load (/app/src/load.ts:5:3)");
  expect(
    callSite({
      stack:
        "Error\n    at C:\\app\\node_modules\\@llx\\callbacks\\dist\\index.js:1:2\n    at C:\\app\\a.js:1:2",
    }),
  ).toBe("C:\\app\\a.js:1:2");
  expect(callSite({ stack: "Error" })).toBeUndefined();
  expect(callSite({})).toBeUndefined();
});

it("leaves the limit of stacks as it is", () => {
  const before = Error.stackTraceLimit;
  expect(callSite(captureStack())).toMatch(/call-site\.test\.ts:\d+:\d+/);
  expect(Error.stackTraceLimit).toBe(before);
});

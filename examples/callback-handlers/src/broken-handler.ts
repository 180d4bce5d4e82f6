import type { CallbackHandler } from "@llx/callbacks";

/** A faulty handler: it disturbs neither the work nor the other handlers. */
export const brokenHandler: CallbackHandler = {
  name: "brokenHandler",
  ignoreEventEnds: ["async_job"],
  onEventEnd() {
    throw new Error("the dashboard does not respond");
  },
};

import type { CallbackHandler } from "@llx/callbacks";

/** A handler with a mistake: it does not disturb the work, nor the other handlers. */
export const brokenHandler: CallbackHandler = {
  name: "brokenHandler",
  ignoreEventEnds: ["async_job"],
  onEventEnd() {
    throw new Error("the dashboard does not answer");
  },
};

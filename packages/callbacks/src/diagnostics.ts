import { type Channel, channel, type ChannelListener } from "node:diagnostics_channel";
import type { CallbackHandler } from "./contract/callback-handler.ts";

export { installHandler } from "./manager/global-handlers.ts";

/** The channels. The message is the trace or the event, as handlers see it. */
const names = {
  startTrace: "llx:trace:start",
  endTrace: "llx:trace:end",
  onEventStart: "llx:event:start",
  onEventEnd: "llx:event:end",
} as const;

const guardedKey = Symbol.for("@llx/callbacks/diagnostics/guarded");

/**
 * A handler that publishes to `node:diagnostics_channel`, for tools that listen there: `llx:trace:start`,
 * `llx:trace:end`, `llx:event:start`, `llx:event:end`. Publishing costs a comparison while nobody subscribes.
 *
 * A subscriber that throws would end the process, because Node reports an uncaught exception. Subscribers that subscribe
 * after the first call of this function are guarded: the first error of each goes to stderr.
 *
 * @example
 * ```ts
 * import { setGlobalHandlers } from "@llx/callbacks";
 * import { diagnosticsPublisher } from "@llx/callbacks/diagnostics";
 * setGlobalHandlers([diagnosticsPublisher()]);
 * ```
 */
export function diagnosticsPublisher(): CallbackHandler {
  return {
    name: "diagnosticsPublisher",
    startTrace: publisherOf(names.startTrace),
    endTrace: publisherOf(names.endTrace),
    onEventStart: publisherOf(names.onEventStart),
    onEventEnd: publisherOf(names.onEventEnd),
  };
}

function publisherOf(name: string): (message: unknown) => void {
  const guarded = guard(channel(name));
  return (message) => {
    if (guarded.hasSubscribers) guarded.publish(message);
  };
}

/** Makes a channel wrap its subscribers, to catch their errors. */
function guard(target: Channel & { [guardedKey]?: true }): Channel {
  if (target[guardedKey]) return target;
  const wrapped = new WeakMap<ChannelListener, ChannelListener>();
  // With its first and last subscriber, Node changes the prototype of a channel and calls `subscribe` again, with the
  // wrapped listener.
  const safe = new WeakSet<ChannelListener>();
  const own = (method: "subscribe" | "unsubscribe", listener: ChannelListener): unknown =>
    Reflect.apply(Object.getPrototypeOf(target)[method], target, [listener]);
  Object.defineProperties(target, {
    [guardedKey]: { value: true },
    subscribe: {
      value(listener: ChannelListener): void {
        if (typeof listener === "function" && !safe.has(listener)) {
          const isolated = wrapped.get(listener) ?? isolate(listener);
          wrapped.set(listener, isolated);
          safe.add(isolated);
          own("subscribe", isolated);
        } else {
          own("subscribe", listener);
        }
      },
    },
    unsubscribe: {
      value: (listener: ChannelListener): unknown => own("unsubscribe", wrapped.get(listener) ?? listener),
    },
  });
  guardedChannels.add(target);
  return target;
}

/** Node holds channels weakly: a guarded one must not be collected and replaced by one without a guard. */
const guardedChannels = new Set<Channel>();

function isolate(listener: ChannelListener): ChannelListener {
  let reported = false;
  return (message, name) => {
    try {
      listener(message, name);
    } catch (error) {
      if (reported) return;
      reported = true;
      console.error(
        `@llx/callbacks: a subscriber of ${String(name)} failed; its further failures are not printed.`,
        error,
      );
    }
  };
}

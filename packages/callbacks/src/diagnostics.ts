import { type Channel, channel, type ChannelListener } from "node:diagnostics_channel";
import type { CallbackHandler } from "./contract/callback-handler.ts";

/** The channels, and what is published there: the trace or the event, as handlers see it. */
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
 * A subscriber that throws would end the process, as Node reports it as an uncaught exception. Those that
 * subscribe after this function was first called are guarded: their error goes to stderr, once for each.
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

/** Makes a channel wrap what subscribes to it, so that its errors stay here. */
function guard(target: Channel & { [guardedKey]?: true }): Channel {
  if (target[guardedKey]) return target;
  const wrapped = new WeakMap<ChannelListener, ChannelListener>();
  // Node changes the prototype of a channel with its first and last subscriber, and then calls `subscribe`
  // anew: with what is wrapped already.
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
  held.add(target);
  return target;
}

/** Node keeps channels weakly; a guarded one must not be replaced by a new one without guard. */
const held = new Set<Channel>();

function isolate(listener: ChannelListener): ChannelListener {
  let told = false;
  return (message, name) => {
    try {
      listener(message, name);
    } catch (error) {
      if (told) return;
      told = true;
      console.error(
        `@llx/callbacks: a subscriber of ${String(name)} failed; further failures are not printed.`,
        error,
      );
    }
  };
}

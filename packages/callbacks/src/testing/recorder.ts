import type { CallbackHandler } from "../contract/callback-handler.ts";
import type { AnyEventEnd, AnyEventStart } from "../contract/event.ts";
import type { EventType } from "../contract/event-type.ts";
import type { TraceInfo, TraceMap } from "../contract/trace-info.ts";
import { CallbackManager } from "../manager/callback-manager.ts";

/** A handler that keeps everything it receives. */
export class Recorder implements CallbackHandler {
  readonly traceMap = true;
  readonly starts: AnyEventStart[] = [];
  readonly ends: AnyEventEnd[] = [];
  readonly calls: string[] = [];
  readonly maps: TraceMap[] = [];

  startTrace({ name }: TraceInfo): void {
    this.calls.push(`trace ${name}`);
  }

  endTrace({ name }: TraceInfo, map?: TraceMap): void {
    this.calls.push(`end of trace ${name}`);
    if (map) this.maps.push(map);
  }

  onEventStart(event: AnyEventStart): void {
    this.calls.push(`+${event.type}`);
    this.starts.push(event);
  }

  onEventEnd(event: AnyEventEnd): void {
    this.calls.push(`-${event.type}`);
    this.ends.push(event);
  }

  end(type: EventType): AnyEventEnd {
    const found = this.ends.find((event) => event.type === type);
    if (!found) throw new Error(`no event of the type ${type} has ended`);
    return found;
  }
}

/** A manager with a {@link Recorder}. */
export function record(): { recorder: Recorder; manager: CallbackManager } {
  const recorder = new Recorder();
  return { recorder, manager: new CallbackManager({ handlers: [recorder] }) };
}

/** One turn of the event loop: everything that is ready runs. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

import type {
  DeadlockRecord,
  DevtoolsRecord,
  EndRecord,
  EventRecord,
  ExitRecord,
  ProcessRecord,
  StallRecord,
  StartRecord,
  WarningRecord,
} from "../../record/devtools-record.ts";
import { type CallProgress, CallFollower } from "./call-progress.ts";
import { LimitHistories } from "./limit-history.ts";
import type { PageEvent } from "./page-event.ts";
import { RowLayout } from "./row-layout.ts";
import { UsageTotals } from "./usage-totals.ts";

/** The page keeps the latest so many events. What it counts and adds up covers all. */
const mostEvents = 200_000;
const mostNotes = 200;
const mostGroups = 200;

/** Errors of one kind. */
export interface ErrorGroup {
  readonly name: string;
  /** The message of the first. */
  readonly message: string;
  /** The type of the events. */
  readonly type: string;
  readonly first: PageEvent;
  last: PageEvent;
  count: number;
}

/** Deadlocks with the same holders and waiters. */
export interface DeadlockGroup {
  /** The message of the first. */
  readonly message: string;
  /** When the first was found. */
  readonly time: number;
  count: number;
}

/** A process of the program. */
export interface PageProcess extends ProcessRecord {
  exit: number | string | undefined;
}

/** Everything that the page shows, brought up to date line by line. */
export class RunModel {
  readonly processes = new Map<string, PageProcess>();
  /** Events at the top of their trace, or whose parent is not in the record. */
  roots: PageEvent[] = [];
  readonly layout = new RowLayout();
  readonly usage = new UsageTotals();
  readonly limits = new LimitHistories();
  readonly errorGroups = new Map<string, ErrorGroup>();
  /** By their kind, as `kindOf` gives it. */
  readonly deadlockGroups = new Map<string, DeadlockGroup>();
  readonly deadlocks: DeadlockRecord[] = [];
  readonly stalls: StallRecord[] = [];
  readonly warnings: WarningRecord[] = [];
  /** Events of services that refuse. */
  readonly pauses: PageEvent[] = [];
  /** The open events that run something of their own: those without open children are what runs now. */
  readonly open = new Set<PageEvent>();
  skipped = 0;
  /** Events that were seen, and those of them that are not kept any more. */
  seen = 0;
  forgotten = 0;
  /** Errors, each where it was thrown: the events that it passed through do not count. */
  errors = 0;
  /** The types of events in the order in which they were met: each has a colour by its number. */
  readonly types = new Map<string, number>();
  /** The times of the first and the latest thing that happened. */
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;
  /** How the program ended; `undefined` while it runs. */
  exit: number | string | undefined;
  readonly #events = new Map<string, PageEvent>();
  readonly #calls = new Map<string, readonly CallProgress[]>();
  readonly #follower = new CallFollower();
  readonly #mostEvents: number;

  constructor(most: number = mostEvents) {
    this.#mostEvents = most;
  }

  /** The calls that run now, in all processes. */
  get calls(): CallProgress[] {
    return [...this.#calls.values()].flat();
  }

  get events(): IterableIterator<PageEvent> {
    return this.#events.values();
  }

  event(id: string | undefined): PageEvent | undefined {
    return id === undefined ? undefined : this.#events.get(id);
  }

  add(record: DevtoolsRecord): void {
    switch (record.kind) {
      case "event":
      case "start":
        return this.#start(record);
      case "end":
        return this.#end(record);
      case "state":
        this.#at(record.time);
        this.limits.add(record);
        this.#calls.set(record.source, this.#follower.follow(record));
        return;
      case "process":
        this.processes.set(record.source, { ...record, exit: undefined });
        return;
      case "stall":
        this.#at(record.time);
        return keep(this.stalls, record);
      case "deadlock":
        return this.#deadlock(record);
      case "warning":
        this.#at(record.time);
        return keep(this.warnings, record);
      case "skipped":
        this.skipped += record.count;
        return;
      case "prices":
        return this.usage.setPrices(record.prices);
      case "exit":
        this.#at(record.time);
        return this.#exit(record);
      case "record":
    }
  }

  #start(record: StartRecord | EventRecord): void {
    // A record that is opened twice, or a page that comes back, must not count an event twice.
    if (this.#events.has(record.id)) return;
    const parent = this.event(record.parent);
    const event: PageEvent = {
      id: record.id,
      type: record.type,
      trace: record.trace,
      traceName: record.traceName,
      parent,
      children: undefined,
      start: record.time,
      end: Number.NaN,
      status: "open",
      payload: record.payload,
      endPayload: undefined,
      error: undefined,
      errorFrom: undefined,
      tags: record.tags,
      row: 0,
    };
    this.#events.set(event.id, event);
    if (!this.types.has(event.type)) this.types.set(event.type, this.types.size);
    if (parent === undefined) this.roots.push(event);
    else (parent.children ??= []).push(event);
    this.seen++;
    this.#at(record.time);
    if (event.type === "service_pause") keep(this.pauses, event);
    if (record.kind === "event") this.#finish(event, record, record.end);
    else this.open.add(event);
    this.layout.place(event);
    if (this.#events.size > this.#mostEvents) this.#forgetOldest();
  }

  #end(record: EndRecord): void {
    const event = this.#events.get(record.id);
    if (event === undefined || event.status !== "open") return;
    this.open.delete(event);
    this.#finish(event, record, record.time);
    this.layout.end(event);
  }

  #finish(event: PageEvent, record: EndRecord | EventRecord, end: number): void {
    event.end = end;
    event.status = record.status;
    event.endPayload = record.endPayload;
    event.error = record.error;
    event.errorFrom = record.errorFrom;
    this.#at(end);
    // A request that failed may have been charged for, if it says so; that others do not say it is no gap.
    if (record.status === "ok" || record.endPayload?.["usage"] !== undefined) {
      this.usage.add(event.type, end, event.payload, event.endPayload);
    }
    if (record.error === undefined) return;
    this.errors++;
    this.#group(event, record.error.name, record.error.message);
  }

  #deadlock(record: DeadlockRecord): void {
    const { message, time } = record;
    this.#at(time);
    keep(this.deadlocks, record);
    const kind = kindOf(message);
    const group = this.deadlockGroups.get(kind);
    if (group !== undefined) group.count++;
    else if (this.deadlockGroups.size < mostGroups)
      this.deadlockGroups.set(kind, { message, time, count: 1 });
  }

  #group(event: PageEvent, name: string, message: string): void {
    const key = `${event.type} ${name} ${kindOf(message)}`;
    const group = this.errorGroups.get(key);
    if (group !== undefined) {
      group.count++;
      group.last = event;
    } else if (this.errorGroups.size < mostGroups) {
      this.errorGroups.set(key, { name, message, type: event.type, first: event, last: event, count: 1 });
    }
  }

  #exit({ source, code, time }: ExitRecord): void {
    const process = source === undefined ? undefined : this.processes.get(source);
    if (process !== undefined) process.exit = code;
    // The end of the program is that of all its processes: one that was killed has not said so itself.
    if (source === undefined) {
      this.exit = code;
      this.#calls.clear();
    } else this.#calls.delete(source);
    this.limits.ended(source, time);
  }

  #at(time: number): void {
    if (time < this.from) this.from = time;
    if (time > this.to) this.to = time;
  }

  /** Of what has ended, the oldest tenth. */
  #forgetOldest(): void {
    const gone = new Set<PageEvent>();
    for (const event of this.#events.values()) {
      if (gone.size >= this.#mostEvents / 10) break;
      if (event.status !== "open") gone.add(event);
    }
    for (const event of gone) this.#events.delete(event.id);
    const isGone = (event: PageEvent): boolean => gone.has(event);
    const parents = new Set<PageEvent>();
    for (const { parent } of gone) if (parent !== undefined && !gone.has(parent)) parents.add(parent);
    for (const parent of parents) parent.children = parent.children?.filter((child) => !isGone(child));
    this.roots = this.roots.filter((event) => !isGone(event));
    this.layout.forget(isGone);
    this.forgotten += gone.size;
  }
}

/** Messages that differ only in numbers and ids are of one kind. */
export function kindOf(message: string): string {
  return message.slice(0, 300).replaceAll(/[\da-f-]{8,}|\d+(\.\d+)?/gi, "#");
}

function keep<T>(list: T[], item: T): void {
  if (list.length === mostNotes) list.shift();
  list.push(item);
}

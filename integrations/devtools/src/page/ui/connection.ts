import type { DevtoolsRecord } from "../../record/devtools-record.ts";
import { RunModel } from "../model/run-model.ts";

/** Whether the page hears of what happens. */
export type ConnectionState = "connecting" | "connected" | "lost";

/** The model of the run, and the server's stream that brings it up to date. */
export class Connection {
  model = new RunModel();
  state: ConnectionState = "connecting";
  /** Increases with every change. */
  version = 0;
  readonly #listeners = new Set<() => void>();
  #isDue = false;

  open(): void {
    const stream = new EventSource("events");
    stream.addEventListener("open", () => this.#become("connected"));
    // The browser tries again by itself, and tells the server how far it has got.
    stream.addEventListener("error", () => this.#become("lost"));
    stream.addEventListener("restart", () => {
      this.model = new RunModel();
      this.#changed();
    });
    stream.addEventListener("message", ({ data }: MessageEvent<string>) => {
      for (const line of data.split("\n")) this.#add(line);
      this.#changed();
    });
  }

  /** Calls back at most a few times a second. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(line: string): void {
    try {
      this.model.add(JSON.parse(line) as DevtoolsRecord);
    } catch {
      // A line of a later version, or one that was damaged: the rest is worth showing.
    }
  }

  #become(state: ConnectionState): void {
    this.state = state;
    this.#changed();
  }

  #changed(): void {
    this.version++;
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      for (const listener of this.#listeners) listener();
    }, 150);
  }
}

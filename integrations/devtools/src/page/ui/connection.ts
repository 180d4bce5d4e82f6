import type { DevtoolsRecord } from "../../record/devtools-record.ts";
import { RunModel } from "../model/run-model.ts";

/** Whether the page hears of what happens. */
export type ConnectionState = "connecting" | "connected" | "complete" | "lost";

/** The model of the run, and the server's stream that brings it up to date. */
export class Connection {
  model = new RunModel();
  state: ConnectionState = "connecting";
  /** Increases with every change. */
  version = 0;
  readonly #listeners = new Set<() => void>();
  #isDue = false;
  #toldAt = 0;
  /** How long the page took to draw the last time, in milliseconds. */
  #drawingTime = 0;

  open(): void {
    const stream = new EventSource("events");
    stream.addEventListener("open", () => this.#become("connected"));
    // The browser tries again by itself, and tells the server how far it has got.
    stream.addEventListener("error", () => this.#become("lost"));
    // It is a record of what is over. The connection is not needed any more.
    stream.addEventListener("complete", () => {
      stream.close();
      this.#become("complete");
    });
    stream.addEventListener("restart", () => {
      this.model = new RunModel();
      this.#changed();
    });
    stream.addEventListener("message", ({ data }: MessageEvent<string>) => {
      for (const line of data.split("\n")) this.#add(line);
      this.#changed();
    });
  }

  /** The page has drawn what it was told of. */
  drawn(): void {
    if (this.#toldAt > 0) this.#drawingTime = performance.now() - this.#toldAt;
    this.#toldAt = 0;
  }

  /** Calls back at most a few times a second, and less often where drawing takes long: reading comes first. */
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
    setTimeout(
      () => {
        this.#isDue = false;
        this.#toldAt = performance.now();
        for (const listener of this.#listeners) listener();
      },
      Math.max(150, 4 * this.#drawingTime),
    );
  }
}

import { setTimeout } from "node:timers/promises";
import { type AsyncClosable, Closing } from "@llx/async";

/** Simulates an object that holds a connection, a file or a thread. */
export class Store implements AsyncClosable {
  readonly #closing: Closing;

  constructor(name: string) {
    this.#closing = new Closing(`the store "${name}"`, () => console.log(`${name} is closed`));
  }

  async add(text: string): Promise<number> {
    this.#closing.throwIfClosed();
    await setTimeout(200);
    return text.length;
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }
}

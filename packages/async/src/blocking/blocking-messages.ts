import type { MessagePort } from "node:worker_threads";
import type { TraceCarrier } from "@llx/callbacks";
import type { BlockingCall } from "./blocking-context.ts";
import type { Carried } from "./serialize-error.ts";

/** What a thread of `runBlocking` is started with. */
export interface BlockingThreadData {
  /** Where it answers. */
  readonly answers: MessagePort;
  /** One number, shared with the caller, who sleeps until it changes: a {@link State}. */
  readonly state: Int32Array;
}

/** What a thread does. */
export const State = { idle: 0, asked: 1, ended: 2 } as const;

export interface BlockingRequest extends BlockingCall {
  readonly args: readonly unknown[];
  readonly context: object | undefined;
  readonly trace: TraceCarrier | undefined;
  readonly chain: readonly BlockingCall[];
}

export type BlockingAnswer =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "thrown"; readonly error: Carried }
  /** The caller's mistake. */
  | { readonly kind: "refused"; readonly message: string; readonly cause?: Carried | undefined }
  /** Nothing is left on the thread that could settle what the function waits for. */
  | { readonly kind: "stuck" }
  /** The thread has ended; `begun` tells whether it had begun what it was asked. */
  | {
      readonly kind: "ended";
      readonly begun: boolean;
      readonly code: number;
      readonly error?: Carried | undefined;
    };

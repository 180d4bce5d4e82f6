import type { MessagePort } from "node:worker_threads";
import type { TraceCarrier } from "@llx/callbacks";
import type { BlockingCall } from "./blocking-context.ts";
import type { Serialized } from "./serialize-error.ts";

/** What a thread of `runBlocking` receives when it starts. */
export interface BlockingThreadData {
  /** Where it receives requests and sends responses. Not `parentPort`, which its functions may use or close. */
  readonly port: MessagePort;
  /** A {@link State} that is shared with the caller, which sleeps until it changes. */
  readonly state: Int32Array;
}

/** What a thread is doing. */
export const State = { idle: 0, busy: 1, ended: 2 } as const;

export interface BlockingRequest extends BlockingCall {
  readonly args: readonly unknown[];
  readonly context: object | undefined;
  readonly trace: TraceCarrier | undefined;
  readonly chain: readonly BlockingCall[];
}

export type BlockingResponse =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "thrown"; readonly error: Serialized }
  /** An invalid call. */
  | { readonly kind: "invalid"; readonly message: string; readonly cause?: Serialized | undefined }
  /** Nothing left on the thread can settle what the function waits for. */
  | { readonly kind: "stuck" }
  /** The thread has ended; `begun` says whether it had begun the request. */
  | {
      readonly kind: "ended";
      readonly begun: boolean;
      readonly code: number;
      readonly error?: Serialized | undefined;
    };

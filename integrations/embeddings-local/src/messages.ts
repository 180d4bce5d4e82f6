import type { EngineChoice } from "./choose-engine.ts";
import type { EngineName } from "./engine.ts";
import type { LocalModel } from "./local-model.ts";

/** What a thread is started with. */
export interface ThreadData {
  readonly model: LocalModel;
  readonly engine: EngineChoice;
  /** The memory of its `NativeCalls`. */
  readonly calls: SharedArrayBuffer;
}

/** A request to a thread. */
export type ThreadRequest =
  | { readonly kind: "embed"; readonly id: number; readonly texts: readonly string[] }
  | { readonly kind: "cancel"; readonly id: number };

/** What a thread has computed. */
export interface ThreadResult {
  /** In the order of the texts. */
  readonly vectors: readonly Float32Array[];
  readonly engine: EngineName;
}

/** Its response; that of a cancelled request is ignored. */
export type ThreadResponse =
  | ({ readonly kind: "embedded"; readonly id: number } & ThreadResult)
  | { readonly kind: "failed"; readonly id: number; readonly message: string; readonly retryable: boolean };

/** What it says besides: that it uses another engine, and why. */
export interface ThreadNotice {
  readonly kind: "fallback";
  readonly problem: string;
}

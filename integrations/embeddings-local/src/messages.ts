/** What a thread is asked to do. */
export type ThreadRequest =
  | { readonly kind: "embed"; readonly id: number; readonly texts: readonly string[] }
  | { readonly kind: "cancel"; readonly id: number };

/** What it answers; a request that was cancelled has no answer that matters. */
export type ThreadAnswer =
  | { readonly kind: "embedded"; readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

/** The size of one or more texts, as counted against a request's limits. */
export interface Measure {
  readonly characters: number;
  readonly bytes: number;
  readonly tokens: number;
}

/** The texts of one request, and their size. */
export interface TextBatch extends Measure {
  readonly texts: readonly string[];
}

/** How much a text, or several together, take of a request's limits. */
export interface Measure {
  readonly characters: number;
  readonly bytes: number;
  readonly tokens: number;
}

/** The texts of one request, and what they take of its limits. */
export interface TextBatch extends Measure {
  readonly texts: readonly string[];
}

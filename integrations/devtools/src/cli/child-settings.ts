/** What the command tells the programs that it runs, and their children, in environment variables. */
export const variables = {
  /** The folder that each process writes its lines to, in a file of its own. */
  folder: "LLX_DEVTOOLS_FOLDER",
  /** `"1"`: texts too. */
  full: "LLX_DEVTOOLS_FULL",
  /** Milliseconds. */
  stallAfter: "LLX_DEVTOOLS_STALL_AFTER",
} as const;

/** An empty file in that folder, which the first process creates that can be recorded. */
export const loadedFile = "loaded";

/** Where a process or thread writes its lines. */
export const fileOf = (source: string): string => `${source.replace("/", "-")}.ndjson`;

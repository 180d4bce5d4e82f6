import { checkCount, checkOptions, describe } from "./checks.ts";

/** Where the queue lives: on a PostgreSQL server, or in a directory. */
export interface JobQueueOptions {
  /** A PostgreSQL, 13 or later: `postgres://user:password@host/database`. Any number of processes may use it. */
  readonly connectionString?: string | undefined;
  /** Keeps the jobs in a directory, with PGlite: no server to start. It belongs to one queue at a time. */
  readonly directory?: string | undefined;
  /** The PostgreSQL schema of the tables. Default `"llx_jobs"`. */
  readonly schema?: string | undefined;
  /** The most connections to PostgreSQL at once. Default 4. */
  readonly connections?: number | undefined;
}

/** @throws TypeError or RangeError that says what was given and what is allowed, and no password */
export function checkQueueOptions(options: JobQueueOptions): void {
  checkOptions(options);
  const { connectionString, directory, schema, connections } = options;
  if (connectionString !== undefined && directory !== undefined) {
    throw new TypeError("give a connectionString (PostgreSQL) or a directory (embedded), not both");
  }
  if (connectionString !== undefined) checkConnectionString(connectionString);
  if (directory !== undefined && (typeof directory !== "string" || directory === "")) {
    throw new TypeError(`directory must be a path, not ${directory === "" ? "empty" : describe(directory)}`);
  }
  if (schema !== undefined && (typeof schema !== "string" || !/^[a-z_][a-z0-9_]{0,49}$/.test(schema))) {
    throw new RangeError('schema must have 1 to 50 small letters, digits or "_", and begin with no digit');
  }
  if (connections !== undefined) checkCount("connections", connections);
}

/** Says nothing of what it was given: there is a password in it. */
function checkConnectionString(value: unknown): void {
  if (typeof value !== "string") {
    throw new TypeError(`connectionString must be a string, not ${describe(value)}`);
  }
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new TypeError("connectionString must be a URL, postgres://user:password@host:port/database");
  }
}

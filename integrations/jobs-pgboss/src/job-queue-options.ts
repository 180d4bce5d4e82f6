import { checkCount, checkNames, describeKind, type NamesOf } from "@llx/support";

/** Where the queue lives: on a PostgreSQL server, or in a directory. */
export interface JobQueueOptions {
  /** A PostgreSQL, 13 or later: `postgres://user:password@host/database`. Any number of processes may use it. */
  readonly connectionString?: string | undefined;
  /** Stores the jobs in a directory, with PGlite: no server is needed. It belongs to one queue at a time. */
  readonly directory?: string | undefined;
  /**
   * The PostgreSQL schema of the tables.
   *
   * @default "llx_jobs"
   */
  readonly schema?: string | undefined;
  /**
   * The maximum number of connections to PostgreSQL.
   *
   * @default 4
   */
  readonly connections?: number | undefined;
}

const names: NamesOf<JobQueueOptions> = {
  connectionString: true,
  directory: true,
  schema: true,
  connections: true,
};

const directoryHint = "it is called directory";
const connectionHint = "it is called connectionString";
const foreignNames = {
  dir: directoryHint,
  path: directoryHint,
  dataDir: directoryHint,
  url: connectionHint,
  connection: connectionHint,
};

/** @throws TypeError or RangeError that states what was given and what is allowed, without a password */
export function checkQueueOptions(options: JobQueueOptions): void {
  if (typeof options === "string") {
    throw new TypeError(
      'options must be an object, not a string; pass { directory: "./jobs" } or { connectionString: "postgres://…" }',
    );
  }
  checkNames(options, names, foreignNames);
  const { connectionString, directory, schema, connections } = options;
  if (connectionString !== undefined && directory !== undefined) {
    throw new TypeError("pass a connectionString (PostgreSQL) or a directory (embedded), not both");
  }
  if (connectionString !== undefined) checkConnectionString(connectionString);
  if (directory !== undefined && (typeof directory !== "string" || directory === "")) {
    throw new TypeError(`directory must be a path, not ${describeKind(directory)}`);
  }
  if (schema !== undefined && (typeof schema !== "string" || !/^[a-z_][a-z0-9_]{0,49}$/.test(schema))) {
    throw new RangeError(
      'schema must have 1 to 50 lower-case letters, digits or "_", and not begin with a digit',
    );
  }
  if (connections !== undefined) checkCount("connections", connections);
}

/** Shows nothing of the value, which contains a password. */
function checkConnectionString(value: unknown): void {
  if (typeof value !== "string") {
    throw new TypeError(`connectionString must be a string, not ${describeKind(value)}`);
  }
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new TypeError("connectionString must be a URL, postgres://user:password@host:port/database");
  }
}

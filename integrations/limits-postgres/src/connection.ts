import { connectionMessage, passwordRedactor } from "@llx/support";
import { type ClientConfig, Pool } from "pg";
import { PauseListener } from "./pause-listener.ts";
import { createStatements, tradeFunction } from "./trade-function.ts";

/** What is needed of a `Pool` of `pg`. */
export interface PostgresPool {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
  /** With these, the connection that hears of pauses is made. */
  readonly options: object;
}

/** Where the limits are. */
export interface Place {
  /** A PostgreSQL, or a pool that the caller owns. */
  readonly database: string | PostgresPool;
  readonly schema: string;
}

/** How long the server may take to connect and to answer, in milliseconds. */
const connectPatience = 4_000;
const answerPatience = 5_000;
/** What PostgreSQL says if the function, or its schema, has gone. */
const missing: ReadonlySet<unknown> = new Set(["42883", "3F000"]);
/** Of all connections of this process, by the pool, or by nothing, and by their places. */
const opened = new WeakMap<object, Map<string, Connection>>();
const noPool = {};

/** The connections to a place, for all limiters of this process. */
export class Connection {
  readonly listener: PauseListener;
  readonly #schema: string;
  readonly #pool: PostgresPool;
  readonly #redact: (error: unknown) => void;
  /** Closes what belongs to it. */
  readonly #close: () => Promise<void>;
  readonly #forget: () => void;
  #users = 0;
  #opening: Promise<void> | undefined;
  #creating: Promise<void> | undefined;

  /** The connection to a place, to be released. Nothing is sent yet. */
  static to({ database, schema }: Place): Connection {
    const isString = typeof database === "string";
    const owner = isString ? noPool : database;
    const all = opened.get(owner) ?? new Map<string, Connection>();
    opened.set(owner, all);
    const key = isString ? `${schema} ${database}` : schema;
    const connection = all.get(key) ?? new Connection(database, schema, () => all.delete(key));
    all.set(key, connection);
    connection.#users++;
    return connection;
  }

  private constructor(database: string | PostgresPool, schema: string, forget: () => void) {
    this.#schema = schema;
    this.#forget = forget;
    if (typeof database === "string") {
      const config = { connectionString: database, application_name: "llx-limits", keepAlive: true };
      const pool = new Pool({
        ...config,
        max: 4,
        connectionTimeoutMillis: connectPatience,
        query_timeout: answerPatience,
        idleTimeoutMillis: 30_000,
        allowExitOnIdle: true,
      });
      // A connection that was lost while nobody used it is replaced when somebody does.
      pool.on("error", () => {});
      this.#pool = pool;
      this.#close = () => pool.end();
      this.#redact = passwordRedactor(config);
      this.listener = new PauseListener(config, schema);
    } else {
      this.#pool = database;
      this.#close = async () => {};
      this.#redact = passwordRedactor(database.options);
      // A pool hides the password from those who enumerate.
      const password: unknown = Reflect.get(database.options, "password");
      this.listener = new PauseListener({ ...database.options, password } as ClientConfig, schema);
    }
  }

  /** Connects, and creates what is missing. @throws Error without a password */
  open(): Promise<void> {
    this.#opening ??= Promise.all([this.#create(), this.listener.open()]).then(
      () => {},
      (error: unknown) => {
        this.#opening = undefined;
        throw this.#readable(error);
      },
    );
    return this.#opening;
  }

  /** One exchange, as text. @throws Error without a password */
  async trade(name: string, ask: string): Promise<string> {
    try {
      await this.#create();
      const { rows } = await this.#pool.query(`SELECT ${this.#schema}.${tradeFunction}($1, $2) AS answer`, [
        name,
        ask,
      ]);
      return (rows[0] as { answer: string }).answer;
    } catch (error) {
      if (missing.has((error as { code?: unknown }).code)) this.#creating = undefined;
      throw this.#readable(error);
    }
  }

  /** Closes it, unless other limiters use it. */
  async release(): Promise<void> {
    if (--this.#users > 0) return;
    this.#forget();
    await Promise.all([this.listener.aclose(), this.#close()]);
  }

  #create(): Promise<void> {
    this.#creating ??= this.#createMissing().catch((error: unknown) => {
      this.#creating = undefined;
      throw error;
    });
    return this.#creating;
  }

  async #createMissing(): Promise<void> {
    const { rows } = await this.#pool.query(
      "SELECT to_regprocedure($1) IS NOT NULL AS there, current_setting('transaction_isolation') AS isolation",
      [`${this.#schema}.${tradeFunction}(text,jsonb)`],
    );
    const { there, isolation } = rows[0] as { there: boolean; isolation: string };
    if (isolation !== "read committed") {
      throw new Error(
        `default_transaction_isolation is "${isolation}", with which processes cannot share a limit; ` +
          "give the role \"read committed\": ALTER ROLE … SET default_transaction_isolation = 'read committed'",
      );
    }
    if (!there) await this.#pool.query(createStatements(this.#schema));
  }

  /** An error that has a message, without the password. */
  #readable(error: unknown): Error {
    this.#redact(error);
    return new Error(connectionMessage(error), { cause: error });
  }
}

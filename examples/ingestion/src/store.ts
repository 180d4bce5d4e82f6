import type { Embedding } from "@llx/embeddings";
import type { Database, Query } from "./database.ts";
import type { Passage } from "./passages.ts";
import { vectorBytes } from "./vector-bytes.ts";

/**
 * `embedding` is filled as responses arrive; `document` and `passage` only when a document is complete. What
 * `passage` refers to always exists: the database enforces it.
 */
const tables = [
  "CREATE SCHEMA llx_ingestion",
  `CREATE TABLE llx_ingestion.collection (
     id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     folder text NOT NULL,
     model text NOT NULL,
     UNIQUE (folder, model))`,
  `CREATE TABLE llx_ingestion.embedding (
     collection integer NOT NULL REFERENCES llx_ingestion.collection,
     key text NOT NULL,
     vector vector NOT NULL,
     PRIMARY KEY (collection, key))`,
  `CREATE TABLE llx_ingestion.document (
     collection integer NOT NULL REFERENCES llx_ingestion.collection,
     path text NOT NULL,
     hash text NOT NULL,
     passages integer NOT NULL,
     PRIMARY KEY (collection, path))`,
  `CREATE TABLE llx_ingestion.passage (
     collection integer NOT NULL,
     path text NOT NULL,
     position integer NOT NULL,
     line integer NOT NULL,
     text text NOT NULL,
     key text NOT NULL,
     PRIMARY KEY (collection, path, position),
     FOREIGN KEY (collection, path) REFERENCES llx_ingestion.document ON DELETE CASCADE,
     FOREIGN KEY (collection, key) REFERENCES llx_ingestion.embedding)`,
  "CREATE INDEX ON llx_ingestion.passage (collection, key)",
];

/** A document whose passages all have an embedding in the store. */
export interface CutDocument {
  readonly path: string;
  readonly hash: string;
  readonly passages: readonly Passage[];
}

/** What is stored of a document, to detect changes. */
interface KeptDocument {
  readonly path: string;
  readonly hash: string;
  readonly passages: number;
}

interface KeyedEmbedding {
  readonly key: string;
  readonly vector: Embedding;
}

export interface Found {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  /** Cosine similarity: at most 1. */
  readonly score: number;
}

/** The passages of one folder, embedded by one model. The database may contain others. */
export class Store {
  readonly #database: Database;
  readonly #collection: number;

  private constructor(database: Database, collection: number) {
    this.#database = database;
    this.#collection = collection;
  }

  /**
   * Creates missing tables.
   *
   * @param model names everything the vectors depend on
   */
  static async open(database: Database, folder: string, model: string): Promise<Store> {
    const [tablesMade] = await database.query<{ made: boolean }>(
      "SELECT to_regclass('llx_ingestion.passage') IS NOT NULL AS made",
    );
    if (!tablesMade!.made) {
      await addVectors(database);
      await database.transaction(async (query) => {
        // oxlint-disable-next-line no-await-in-loop -- each refers to earlier ones
        for (const table of tables) await query(table);
      });
    }
    const names = [folder, model];
    const [found] = await database.query<{ id: number }>(
      "SELECT id FROM llx_ingestion.collection WHERE folder = $1 AND model = $2",
      names,
    );
    if (found !== undefined) return new Store(database, found.id);
    const [added] = await database.query<{ id: number }>(
      "INSERT INTO llx_ingestion.collection (folder, model) VALUES ($1, $2) RETURNING id",
      names,
    );
    return new Store(database, added!.id);
  }

  /** All documents, by path. */
  async documents(): Promise<Map<string, KeptDocument>> {
    const rows = await this.#database.query<KeptDocument>(
      "SELECT path, hash, passages FROM llx_ingestion.document WHERE collection = $1",
      [this.#collection],
    );
    return new Map(rows.map((document) => [document.path, document]));
  }

  /** The keys that have an embedding. */
  async embedded(keys: readonly string[]): Promise<Set<string>> {
    const rows = await this.#database.query<{ key: string }>(
      "SELECT key FROM llx_ingestion.embedding WHERE collection = $1 AND key = ANY($2)",
      [this.#collection, keys],
    );
    return new Set(rows.map(({ key }) => key));
  }

  /** Stores embeddings, so that no later run requests them again. */
  async addEmbeddings(embeddings: readonly KeyedEmbedding[]): Promise<void> {
    const rows = embeddings.map((_, i) => `($1, $${2 * i + 2}, $${2 * i + 3})`);
    await this.#database.query(
      `INSERT INTO llx_ingestion.embedding VALUES ${rows.join(", ")} ON CONFLICT DO NOTHING`,
      [this.#collection, ...embeddings.flatMap(({ key, vector }) => [key, vectorBytes(vector)])],
    );
  }

  /** Replaces stored documents: all of them, or none. */
  async replaceDocuments(documents: readonly CutDocument[]): Promise<void> {
    const passages = documents.flatMap(({ path, passages: cut }) =>
      cut.map((passage, position) => ({ path, position, ...passage })),
    );
    const paths = documents.map(({ path }) => path);
    await this.#database.transaction(async (query) => {
      await this.#deleteDocuments(query, paths);
      await query(
        "INSERT INTO llx_ingestion.document SELECT $1, * FROM unnest($2::text[], $3::text[], $4::integer[])",
        [
          this.#collection,
          paths,
          documents.map(({ hash }) => hash),
          documents.map((document) => document.passages.length),
        ],
      );
      await query(
        `INSERT INTO llx_ingestion.passage
         SELECT $1, * FROM unnest($2::text[], $3::integer[], $4::integer[], $5::text[], $6::text[])`,
        [
          this.#collection,
          passages.map(({ path }) => path),
          passages.map(({ position }) => position),
          passages.map(({ line }) => line),
          passages.map(({ text }) => text),
          passages.map(({ key }) => key),
        ],
      );
    });
  }

  /** Deletes documents, and embeddings that no passage needs any more. */
  async clean(removed: readonly string[]): Promise<void> {
    await this.#database.transaction(async (query) => {
      if (removed.length > 0) await this.#deleteDocuments(query, removed);
      await query(
        `DELETE FROM llx_ingestion.embedding AS unused WHERE collection = $1 AND NOT EXISTS (
           SELECT FROM llx_ingestion.passage WHERE collection = $1 AND key = unused.key)`,
        [this.#collection],
      );
    });
  }

  /** After changes: an embedded database has no autovacuum, and its planner takes a full table for an empty one. */
  async tidy(): Promise<void> {
    await this.#database.query(
      "VACUUM (ANALYZE) llx_ingestion.document, llx_ingestion.passage, llx_ingestion.embedding",
    );
  }

  async #deleteDocuments(query: Query, paths: readonly string[]): Promise<void> {
    await query("DELETE FROM llx_ingestion.document WHERE collection = $1 AND path = ANY($2)", [
      this.#collection,
      paths,
    ]);
  }

  /** How many passages have embeddings. */
  async countPassages(): Promise<number> {
    const [row] = await this.#database.query<{ count: number }>(
      `SELECT count(*)::integer AS count
       FROM llx_ingestion.passage JOIN llx_ingestion.embedding USING (collection, key)
       WHERE collection = $1`,
      [this.#collection],
    );
    return row!.count;
  }

  /** The passages most similar to a vector, best first; compares every one. */
  async nearest(vector: Embedding, most: number): Promise<Found[]> {
    return this.#database.query<Found>(
      `SELECT path, line, text, 1 - (vector <=> $2) AS score
       FROM llx_ingestion.passage JOIN llx_ingestion.embedding USING (collection, key)
       WHERE collection = $1
       ORDER BY vector <=> $2, path, position LIMIT $3`,
      [this.#collection, vectorBytes(vector), most],
    );
  }
}

/** PostgreSQL's code for it. */
const insufficientPrivilege = "42501";

/** Enables pgvector if needed. */
async function addVectors(database: Database): Promise<void> {
  const installed = await database.query("SELECT FROM pg_extension WHERE extname = 'vector'");
  if (installed.length > 0) return;
  const available = await database.query("SELECT FROM pg_available_extensions WHERE name = 'vector'");
  if (available.length === 0) {
    throw new Error(
      `${database.name} has no pgvector; install it on the server (with PostgreSQL's own packages for Debian: ` +
        "apt-get install postgresql-17-pgvector, by the server's version; with Docker: the image " +
        "pgvector/pgvector; else https://github.com/pgvector/pgvector#installation), or unset DATABASE_URL to " +
        "use the embedded database",
    );
  }
  try {
    await database.query("CREATE EXTENSION vector");
  } catch (error) {
    if ((error as { code?: unknown }).code !== insufficientPrivilege) throw error;
    throw new Error(
      `pgvector cannot be enabled in ${database.name}: ${(error as Error).message}; ` +
        "let somebody who may run CREATE EXTENSION vector there",
      { cause: error },
    );
  }
}

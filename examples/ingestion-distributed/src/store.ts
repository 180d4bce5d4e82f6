import type { Embedding } from "@llx/embeddings";
import { Closing } from "@llx/async";
import { Pool } from "pg";
import type { Document } from "./document.ts";

/** Vectors are arrays, which every PostgreSQL has; with pgvector, `embedding::vector` converts them. */
const tables = `
  CREATE SCHEMA IF NOT EXISTS llx_distributed;
  CREATE TABLE IF NOT EXISTS llx_distributed.document (
    path text PRIMARY KEY,
    hash text NOT NULL,
    revision integer NOT NULL);
  CREATE TABLE IF NOT EXISTS llx_distributed.passage (
    path text NOT NULL REFERENCES llx_distributed.document ON DELETE CASCADE,
    position integer NOT NULL,
    text text NOT NULL,
    embedding real[] NOT NULL,
    PRIMARY KEY (path, position))`;

/** What is stored of a document. */
export interface StoredDocument {
  readonly path: string;
  readonly hash: string;
  /** Incremented each time it is stored. */
  readonly revision: number;
}

/** Passages and their vectors, for all processes. */
export class Store {
  readonly #pool: Pool;
  readonly #closing: Closing = new Closing("the store", () => this.#pool.end());

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, max: 4 });
    // A connection that breaks while idle is replaced when the next one is needed.
    this.#pool.on("error", () => {});
  }

  /** Creates missing tables. Call it in one process only. */
  async prepare(): Promise<void> {
    await this.#pool.query(tables);
  }

  async documents(): Promise<Map<string, StoredDocument>> {
    const { rows } = await this.#pool.query<StoredDocument>(
      "SELECT path, hash, revision FROM llx_distributed.document",
    );
    return new Map(rows.map((row) => [row.path, row]));
  }

  async hashOf(path: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ hash: string }>(
      "SELECT hash FROM llx_distributed.document WHERE path = $1",
      [path],
    );
    return rows[0]?.hash;
  }

  /** Replaces a document and all its passages together, or leaves both unchanged. */
  async replace(
    { path, hash }: Document,
    passages: readonly string[],
    embeddings: readonly Embedding[],
  ): Promise<void> {
    const client = await this.#pool.connect();
    let broken = true;
    try {
      await client.query("BEGIN");
      // Two workers with the same document queue here.
      await client.query(
        `INSERT INTO llx_distributed.document VALUES ($1, $2, 1)
         ON CONFLICT (path) DO UPDATE SET hash = $2, revision = document.revision + 1`,
        [path, hash],
      );
      await client.query("DELETE FROM llx_distributed.passage WHERE path = $1", [path]);
      await client.query(
        `INSERT INTO llx_distributed.passage
         SELECT $1, position, text, embedding::real[]
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS each (text, embedding, position)`,
        [path, passages, embeddings.map((embedding) => `{${embedding.join(",")}}`)],
      );
      await client.query("COMMIT");
      broken = false;
    } finally {
      // Without a commit, the server rolls back when the connection ends.
      client.release(broken);
    }
  }

  /** Deletes documents that are no longer in the folder. */
  async remove(paths: readonly string[]): Promise<void> {
    await this.#pool.query("DELETE FROM llx_distributed.document WHERE path = ANY ($1)", [paths]);
  }

  async countPassages(): Promise<number> {
    const { rows } = await this.#pool.query<{ count: number }>(
      "SELECT count(*)::integer AS count FROM llx_distributed.passage",
    );
    return rows[0]!.count;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }
}

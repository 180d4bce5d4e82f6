import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { type AsyncClosable, Closing } from "@llx/async";
import type { Embedding } from "@llx/embeddings";

/** Texts with their vectors and words, in a PostgreSQL that lives in this process. */
export class Store implements AsyncClosable {
  readonly #pglite: PGlite;
  readonly #closing: Closing;

  private constructor(pglite: PGlite) {
    this.#pglite = pglite;
    this.#closing = new Closing("the store", () => pglite.close());
  }

  /** Creates a store and fills it. */
  static async create(texts: readonly string[], embeddings: readonly Embedding[]): Promise<Store> {
    const pglite = await PGlite.create({ extensions: { vector } });
    await pglite.exec(`
      CREATE EXTENSION vector;
      CREATE TABLE passage (
        id integer PRIMARY KEY,
        text text NOT NULL,
        vector vector NOT NULL,
        words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED);
      CREATE INDEX ON passage USING gin (words);`);
    await pglite.query(
      `INSERT INTO passage (id, text, vector)
       SELECT place - 1, text, vector::vector
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS new (text, vector, place)`,
      [texts, embeddings.map(sqlVector)],
    );
    return new Store(pglite);
  }

  /** The ids of the texts with the most similar vectors, best first. */
  async nearest(embedding: Embedding, most: number): Promise<number[]> {
    const { rows } = await this.#pglite.query<{ id: number }>(
      "SELECT id FROM passage ORDER BY vector <=> $1::text::vector, id LIMIT $2",
      [sqlVector(embedding), most],
    );
    return rows.map(({ id }) => id);
  }

  /** The ids of the texts that contain words of the question, in any form; best first. */
  async matching(question: string, most: number): Promise<number[]> {
    const { rows } = await this.#pglite.query<{ id: number }>(
      // plainto_tsquery requires all words; here any of them is enough.
      `SELECT id FROM passage,
         (SELECT replace(plainto_tsquery('english', $1)::text, '&', '|')::tsquery AS wanted) AS question
       WHERE words @@ wanted ORDER BY ts_rank(words, wanted) DESC, id LIMIT $2`,
      [question, most],
    );
    return rows.map(({ id }) => id);
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }
}

function sqlVector(embedding: Embedding): string {
  return `[${embedding.join(",")}]`;
}

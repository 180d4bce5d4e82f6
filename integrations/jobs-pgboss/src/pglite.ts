/** The part of PGlite that is used here. */
export interface Pglite {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as pg-boss asks for it
  query<Row>(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>;
  exec(sql: string): Promise<{ rows: unknown[] }[]>;
  close(): Promise<void>;
}

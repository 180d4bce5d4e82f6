/** The name of a PostgreSQL in messages, without its password. */
export function postgresName(connectionString: string): string {
  const { host, pathname } = new URL(connectionString);
  return `PostgreSQL at ${host || "the local socket"}${pathname}`;
}

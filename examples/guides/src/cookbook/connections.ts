import { mapJobs, ResourcePool } from "@llx/async";

class Connection {
  static opened = 0;
  readonly id = ++Connection.opened;
  async query(text: string): Promise<string> {
    return `${text} by ${this.id}`;
  }
  async aclose(): Promise<void> {}
}

const pool = new ResourcePool({ create: () => new Connection(), max: 3, idleTimeout: 60_000 });
const found = await mapJobs(Array(100).keys(), (id) => pool.use((connection) => connection.query(`${id}`)), {
  workers: 10,
});
console.log(`${found.length} queries, ${Connection.opened} connections`);
await pool.aclose();

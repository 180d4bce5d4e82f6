/** What the store needs of a client library. */
export interface RedisConnection {
  /**
   * Opens both connections; they open again by themselves.
   *
   * @param onReady called whenever scripts can be run again
   * @throws the library's error
   */
  open(channel: string, onMessage: (message: string) => void, onReady: () => void): Promise<void>;
  /** Runs the script that the server has under this digest. @throws at once if there is no connection */
  evalSha(digest: string, keys: string[], args: string[]): Promise<unknown>;
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
  close(): void;
  /** The latest error of the connection, if it is lost. */
  readonly problem: unknown;
}

/** Wait before each attempt to connect again, in milliseconds: 50 to 500, well below what a server without memory waits for reports. */
export function reconnectIn(attempts: number): number {
  return Math.min(50 * 2 ** Math.min(attempts, 10), 500) * (0.75 + Math.random() / 4);
}

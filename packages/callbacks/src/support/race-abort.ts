/**
 * Waits for work, unless the signal is aborted first. One listener for one caller: the function of `@llx/support` shares
 * a listener among thousands, which a flush does not need and which would add 130 bytes to every program.
 *
 * @throws the signal's reason; the error of the work
 */
export async function raceAbort(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort);
  try {
    await Promise.race([aborted, work]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

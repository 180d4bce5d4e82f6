/** Marks an error that another attempt would not avoid. */
export function notRetryable<E extends Error>(error: E): E {
  return Object.assign(error, { retryable: false });
}

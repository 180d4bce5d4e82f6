/** Whether work ends within so many milliseconds. It must not fail. */
export async function endsWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  // A timer takes no more than 2³¹ - 1 milliseconds, which is 24 days.
  const timer = milliseconds < 2 ** 31 ? setTimeout(late.resolve, milliseconds, false) : undefined;
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

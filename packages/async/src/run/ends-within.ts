import { timerDelay } from "@llx/support";

/** Whether work ends within that many milliseconds. It must not fail. */
export async function endsWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  // A wait longer than a timer supports sets none: a capped timer would report it as late after 24.8 days.
  const fits = milliseconds === timerDelay(milliseconds);
  const timer = fits ? setTimeout(late.resolve, milliseconds, false) : undefined;
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

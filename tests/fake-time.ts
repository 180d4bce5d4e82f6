import { afterEach, beforeEach, vi } from "vitest";

/** Fakes all timers of the tests of a file. The jitter of waits is the longest possible. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(1);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

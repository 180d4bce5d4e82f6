import { vi } from "vitest";
import type { ResourcePool } from "../index.ts";

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Creates numbered resources, and remembers which were destroyed. */
export function factory() {
  let made = 0;
  const destroyed: number[] = [];
  return {
    destroyed,
    create: vi.fn<() => { id: number }>(() => ({ id: ++made })),
    destroy: vi.fn<(resource: { id: number }) => Promise<void>>(async ({ id }) => void destroyed.push(id)),
  };
}

/** `size`, `idle` and `waiting`. */
export const counts = ({ size, idle, waiting }: ResourcePool<unknown>): number[] => [size, idle, waiting];

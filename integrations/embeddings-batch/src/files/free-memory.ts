/**
 * Gives back memory that nobody reads any more, at once: blocks outside the heap are otherwise collected so late that tens of
 * megabytes of them wait. An array over this memory is empty afterwards; freeing it again does nothing.
 */
export function freeMemory({ buffer }: ArrayBufferView<ArrayBuffer>): void {
  if (!buffer.detached) buffer.transfer(0);
}

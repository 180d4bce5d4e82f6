/**
 * Gives back memory that nobody reads any more, at once: blocks outside the heap are otherwise collected so late that tens of
 * megabytes of them wait. An array over this memory is empty afterwards.
 */
export function freeMemory({ buffer }: ArrayBufferView<ArrayBuffer>): void {
  buffer.transfer(0);
}

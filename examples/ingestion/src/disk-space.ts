import { statfs } from "node:fs/promises";

/** How many bytes are free for this process on the disk of a directory. */
export async function freeSpace(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** @throws Error where fewer bytes are free than `least` */
export async function checkDiskSpace(directory: string, least: number): Promise<void> {
  const free = await freeSpace(directory);
  if (free < least) throw diskFull(directory, free, least);
}

export function diskFull(directory: string, free: number, least: number): Error {
  return new Error(
    `the disk of ${directory} is full: ${megabytes(free)} are free, and the embedded database needs ${megabytes(least)} ` +
      "to write safely; free some space or give another --store",
  );
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1e6)} MB`;
}

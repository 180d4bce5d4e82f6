import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Creates the directory of an option `directory` where it does not exist.
 *
 * @param Failure the class of the error where a file is in the way
 * @throws Failure that names the path, the file, and what to do; its cause is the error of the system
 */
export function makeDirectory(
  directory: string,
  Failure: new (message: string, options: ErrorOptions) => Error = Error,
): void {
  const path = resolve(directory);
  try {
    create(path);
  } catch (error) {
    let file = path;
    while (!existsSync(file)) file = dirname(file);
    if (statSync(file).isDirectory()) throw error;
    throw new Failure(
      `directory is ${path}, but ${file} is a file; name a directory, or one that does not exist`,
      { cause: error },
    );
  }
}

/** One after the other: with `recursive`, Node.js may never return where the system refuses a directory. */
function create(path: string): void {
  if (!existsSync(dirname(path))) create(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

type FailureClass = new (message: string, options?: ErrorOptions) => Error;

/** What stops a process from using a directory, but is no fault of the directory. */
const passing: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE"]);

/** What to throw for an error of the system that has occurred with the directory of an option `directory`. */
export function refusedDirectory(path: string, error: unknown, Failure: FailureClass = Error): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (passing.has(code)) return error;
  const remedy = "Name a directory in which this process may read and write";
  return new Failure(`directory is ${path}, which the system refuses: ${message}. ${remedy}`, {
    cause: error,
  });
}

/** The file that stands where a path has a directory, if there is one. */
export function fileInTheWay(path: string): string | undefined {
  const parent = dirname(path);
  // The drive of a root may not exist.
  if (!existsSync(path)) return parent === path ? undefined : fileInTheWay(parent);
  return statSync(path).isDirectory() ? undefined : path;
}

/**
 * Creates the directory of an option `directory` where it does not exist.
 *
 * @param Failure the class of the error where a file is in the way, or the system refuses it
 * @throws Failure that names the path, the reason, and what to do; its cause is the error of the system
 */
export function makeDirectory(directory: string, Failure: FailureClass = Error): void {
  const path = resolve(directory);
  try {
    create(path);
  } catch (error) {
    const file = fileInTheWay(path);
    if (file === undefined) throw refusedDirectory(path, error, Failure);
    throw new Failure(
      `directory is ${path}, but ${file} is a file; name a directory, or one that does not exist`,
      { cause: error },
    );
  }
}

/**
 * @param what needs a directory of its own
 * @param isOwn whether it has a file of this name
 * @throws Failure for a directory that has other files, hidden ones aside, or that cannot be read
 */
export function refuseForeignFiles(
  directory: string,
  what: string,
  isOwn: (name: string) => boolean,
  Failure: FailureClass = Error,
): void {
  const path = resolve(directory);
  let foreign: string | undefined;
  try {
    foreign = readdirSync(path).find((name) => !name.startsWith(".") && !isOwn(name));
  } catch (error) {
    throw refusedDirectory(path, error, Failure);
  }
  if (foreign === undefined) return;
  throw new Failure(
    `the directory ${path} has other files, such as ${JSON.stringify(foreign)}: ${what} needs one of its own. Name a directory that ` +
      "is empty or does not exist",
  );
}

/** One after the other: with `recursive`, Node.js may never return where the system refuses a directory. */
function create(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) create(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

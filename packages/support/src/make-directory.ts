import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Creates the directory of an option `directory` where it does not exist, and sees that it can be written to.
 *
 * @param Failure the class of its errors
 * @throws Failure that names the path, what is wrong with it, and what to do; its cause is the error of the system
 */
export function makeDirectory(
  directory: string,
  Failure: new (message: string, options: ErrorOptions) => Error = Error,
): void {
  const path = resolve(directory);
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    const problem = problemOf(path, (error as NodeJS.ErrnoException).code);
    if (problem === undefined) throw error;
    throw new Failure(`directory must be the path of a directory, but ${problem}`, { cause: error });
  }
}

function problemOf(path: string, code: string | undefined): string | undefined {
  const name = "name one that is a directory or does not exist";
  switch (code) {
    case "EEXIST":
      return `${path} is a file; ${name}`;
    case "ENOTDIR":
      return `${nearestThere(path)}, below which ${path} would be, is a file; ${name}`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `${path} cannot be written to (${code}); name one that can, or change its permissions`;
    default:
      return undefined;
  }
}

/** The nearest path above another one where there is something. */
function nearestThere(path: string): string {
  const above = dirname(path);
  return above === path || existsSync(above) ? above : nearestThere(above);
}

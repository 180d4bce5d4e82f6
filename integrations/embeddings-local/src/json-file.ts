import { existsSync, readFileSync } from "node:fs";

/** The object in a JSON file of a model; its fields are checked as they are read, and errors name file and field. */
export class JsonFile {
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;

  /** @throws TypeError if there is no such file, or it is not a JSON object */
  constructor(path: string) {
    this.path = path;
    const value = readJson(path);
    if (!isObject(value)) throw this.problem("it must be a JSON object");
    this.fields = value;
  }

  static ifExists(path: string): JsonFile | undefined {
    return existsSync(path) ? new JsonFile(path) : undefined;
  }

  /** A whole number from 1. */
  count(name: string): number {
    const value = this.fields[name];
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw this.problem(`${name} must be a whole number from 1, not ${show(value)}`);
    }
    return value as number;
  }

  /** @throws TypeError unless a field, if it is stated, has one of the values that are computed here */
  only(name: string, ...allowed: readonly unknown[]): void {
    const value = this.fields[name];
    if (value === undefined || value === null || allowed.includes(value)) return;
    throw this.problem(`${name} is ${show(value)}, and only ${allowed.map(show).join(" or ")} is supported`);
  }

  problem(what: string): TypeError {
    return unreadable(this.path, what);
  }
}

/** An error about a file of a model. */
export function unreadable(path: string, what: string, cause?: unknown): TypeError {
  return new TypeError(`the model cannot be read: ${path}: ${what}`, { cause });
}

/** @throws TypeError if there is no such file, or it is not JSON */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, existsSync(path) ? "it cannot be opened" : "there is no such file", error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(path, "it is not JSON", error);
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value of a file for an error, short. */
export const show = (value: unknown): string =>
  value === undefined ? "missing" : JSON.stringify(value).slice(0, 60);

/* oxlint-disable no-await-in-loop -- results come one after another */
import type { ElementType } from "@llx/embeddings";
import type { RunDirectory } from "../files/run-directory.ts";
import { readPlaces } from "../files/section-file.ts";
import { LandingCursor } from "./landing-cursor.ts";
import { PartReaders, type RunResult } from "./part-reader.ts";
import type { RunLog } from "./run-log.ts";

/** Where results are read from. */
export interface ResultSource<E extends ElementType> {
  readonly directory: RunDirectory;
  readonly log: RunLog;
  readonly elementType: E;
  /** Waits for more in the log. `false` when nothing is to come. */
  wait(more: Promise<void>): Promise<boolean>;
}

/** The results as they land: each text once. */
export async function* readAsTheyLand<E extends ElementType>({
  directory,
  log,
  elementType,
  wait,
}: ResultSource<E>): AsyncGenerator<RunResult<E>, void, undefined> {
  await using cursor = new LandingCursor(directory, elementType);
  for (let at = 0; ; at++) {
    while (at === log.landings.length) {
      const { more } = log;
      if (!(await wait(more)) && at === log.landings.length) return;
    }
    for await (const { index, reader, position } of cursor.settledBy(log.landings[at]!)) {
      yield { index, ...(await reader.read(position)) };
    }
  }
}

/** The results in the order of the texts. Those that are not there are awaited, or left out where nothing is to come. */
export async function* readInOrder<E extends ElementType>({
  directory,
  log,
  elementType,
  wait,
}: ResultSource<E>): AsyncGenerator<RunResult<E>, void, undefined> {
  await using readers = new PartReaders(directory, elementType);
  for (let section = 0; ; section++) {
    const isSettled = (): boolean =>
      log.sections[section]?.places.every((part) => log.parts.get(part)!.left === 0) === true;
    while (!isSettled()) {
      const { more } = log;
      if (!(await wait(more))) break;
    }
    const facts = log.sections[section];
    if (facts === undefined) return;
    const places = await readPlaces(directory.section(section), facts.count);
    for (let at = 0; at < facts.count; at++) {
      const part = places.part(at);
      const reader = await readers.of(part, log.parts.get(part)!.rounds);
      const position = places.position(at);
      if (reader.settledIn(position) === 0) continue;
      yield { index: facts.first + at, ...(await reader.read(position)) };
    }
    if (facts.last) return;
  }
}

import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { FakeAsk, FakeReply, FakeRequest } from "../fake-service.ts";
import { isReply } from "../fake-service.ts";
import { fakeVectorOf } from "../fake-vector.ts";
import { toItems } from "../to-items.ts";
import type { FakeBatchItem, FakeBatchService } from "./fake-batch-service.ts";
import type {
  FakeBatchLimits,
  FakeBatchProblem,
  FakeBatchStore,
  FakeBatchTimes,
  FakeBatchView,
  StoredBatch,
  StoredFile,
} from "./fake-batch-store.ts";

/** Changes what the service responds with. */
export interface FakeBatchHooks {
  /** Refuses some texts, as the live service would. */
  readonly refuse?: ((text: string) => FakeReply | undefined) | undefined;
  /** The numbers of a text; `undefined` for those of `fakeVectorOf`. */
  readonly vector?: ((text: string, dimensions: number) => ArrayLike<number> | undefined) | undefined;
  /** The lines in place of that of a result, each with its end. */
  readonly spoil?: ((line: string, item: FakeBatchItem) => readonly string[]) | undefined;
}

/** Results come in another order than their inputs: those of each group backwards. */
const groupSize = 64;
/** How many problems are listed. */
const maxProblems = 20;

/** Files and batches of a fake service. Of a batch, only numbers are in memory. */
export class BatchStore implements FakeBatchStore {
  readonly service: FakeBatchService;
  readonly seed: number;
  times: FakeBatchTimes;
  hooks: FakeBatchHooks = {};
  /** Milliseconds of the virtual clock, from the year 2026. */
  now: number = Date.UTC(2026, 0, 1);
  readonly #folder: string;
  readonly #files = new Map<string, StoredFile>();
  readonly #batches = new Map<string, StoredBatch>();
  readonly #uploads: string[] = [];
  readonly #deleted = new Set<string>();
  #numbers = { file: 0, batch: 0 };

  constructor(service: FakeBatchService, folder: string, seed: number, times: FakeBatchTimes) {
    this.service = service;
    this.seed = seed;
    this.times = times;
    this.#folder = folder;
  }

  get limits(): FakeBatchLimits {
    return this.service.limits;
  }

  get files(): readonly StoredFile[] {
    // Results appear with the end of their batch.
    for (const batch of this.#batches.values()) this.view(batch);
    return [...this.#files.values()];
  }

  get batches(): readonly StoredBatch[] {
    return [...this.#batches.values()];
  }

  /** The names of all inputs that were ever uploaded. */
  get uploads(): readonly string[] {
    return this.#uploads;
  }

  file(id: string): StoredFile | undefined {
    return this.files.find((file) => file.id === id);
  }

  batch(id: string): StoredBatch | undefined {
    return this.#batches.get(id);
  }

  /** Where the next upload is written. */
  pathOfUpload(number: number): string {
    return join(this.#folder, `upload-${number}.jsonl`);
  }

  addFile(
    file: { readonly name: string; readonly bytes: number; readonly path: string },
    purpose: string,
  ): StoredFile {
    const id = this.#nextId("file");
    const { name, bytes, path } = file;
    const stored: StoredFile = { id, name, bytes, purpose, createdAt: this.now, content: { path } };
    this.#files.set(id, stored);
    this.#uploads.push(name);
    return stored;
  }

  async deleteFile({ id, content }: StoredFile): Promise<void> {
    this.#files.delete(id);
    this.#deleted.add(id);
    if ("path" in content) await rm(content.path, { force: true });
  }

  async createBatch(input: StoredFile, metadata: Readonly<Record<string, unknown>>): Promise<StoredBatch> {
    const createdAt = this.now;
    const found = await this.#validate(input);
    const batch: StoredBatch = {
      id: this.#nextId("batch"),
      input,
      metadata,
      createdAt,
      ...found,
      cancelledAt: undefined,
    };
    this.#batches.set(batch.id, batch);
    return batch;
  }

  cancel(batch: StoredBatch): void {
    batch.cancelledAt ??= this.now;
  }

  view(batch: StoredBatch): FakeBatchView {
    const { createdAt, total, refused, problems, cancelledAt = Infinity } = batch;
    const { validating, finalizing, cancelling, textsPerSecond } = this.times;
    const startedAt = createdAt + validating;
    const expiresAt = createdAt + this.service.window;
    const embeddedAt = startedAt + (total / textsPerSecond) * 1_000;
    const doneAt = embeddedAt + finalizing;
    const isCancelled = cancelledAt < Math.min(embeddedAt, expiresAt);
    const worked = Math.min(this.now, cancelledAt, expiresAt) - startedAt;
    const processed =
      problems.length > 0 ? 0 : Math.max(0, Math.min(total, Math.floor((worked / 1_000) * textsPerSecond)));
    const failed = refused.filter((index) => index < processed).length;
    const counts = { completed: processed - failed, failed, startedAt };
    const at = (state: FakeBatchView["state"], endsAt: number): FakeBatchView => ({
      ...counts,
      state,
      endsAt,
      output: undefined,
      errors: undefined,
    });
    if (problems.length > 0) return at(this.now < startedAt ? "validating" : "failed", startedAt);
    if (isCancelled) {
      const endsAt = cancelledAt + cancelling;
      if (this.now < endsAt) return at("cancelling", endsAt);
      return this.#ended(batch, at("cancelled", endsAt), this.service.listsCancelled);
    }
    const expires = doneAt > expiresAt;
    if (this.now >= expiresAt && expires) return this.#ended(batch, at("expired", expiresAt), true);
    const endsAt = expires ? expiresAt : doneAt;
    if (this.now < startedAt) return at("validating", endsAt);
    if (this.now < embeddedAt) return at("running", endsAt);
    return this.now < doneAt ? at("finalizing", endsAt) : this.#ended(batch, at("done", doneAt), true);
  }

  /** Forgets a batch and its results. */
  forget(id: string): void {
    this.#batches.delete(id);
    for (const file of this.#files.values()) {
      if ("batch" in file.content && file.content.batch.id === id) this.#files.delete(file.id);
    }
  }

  /** Responds as the live service. */
  embed(request: FakeRequest): FakeReply {
    const ask = this.service.live.read(request);
    return isReply(ask) ? ask : this.#reply(ask);
  }

  /** The lines of a file, with their ends; those of results are computed one after another. */
  async *linesOf(file: StoredFile): AsyncGenerator<string, void, undefined> {
    const { content } = file;
    if ("path" in content) {
      for await (const line of inputLines(file)) yield `${line}\n`;
      return;
    }
    const { batch, failures } = content;
    const { state, completed, failed } = this.view(batch);
    let group: string[] = [];
    let index = -1;
    for await (const line of inputLines(batch.input)) {
      index++;
      const item = this.#itemOf(line, index, index < completed + failed, state);
      if (item === undefined || (item.reply?.status === 200) === failures) continue;
      const text = `${JSON.stringify(this.service.resultLine(item))}\n`;
      group.push(...(this.hooks.spoil?.(text, item) ?? [text]));
      if (group.length < groupSize) continue;
      yield* group.toReversed();
      group = [];
    }
    yield* group.toReversed();
  }

  #ended(batch: StoredBatch, view: FakeBatchView, listsUnmade: boolean): FakeBatchView {
    const failures = view.failed + (listsUnmade ? batch.total - view.completed - view.failed : 0);
    return {
      ...view,
      output: view.completed > 0 ? this.#resultFile(batch, view.endsAt, false) : undefined,
      errors: failures > 0 ? this.#resultFile(batch, view.endsAt, true) : undefined,
    };
  }

  #resultFile(batch: StoredBatch, createdAt: number, failures: boolean): StoredFile {
    const id = `${batch.id}-${failures ? "errors" : "output"}`.replace("batch_", "file-");
    const file: StoredFile = this.#files.get(id) ?? {
      id,
      name: `${batch.id}_${failures ? "errors" : "output"}.jsonl`,
      bytes: 0,
      createdAt,
      purpose: "batch_output",
      content: { batch, failures },
    };
    if (!this.#deleted.has(id)) this.#files.set(id, file);
    return file;
  }

  #itemOf(
    line: string,
    index: number,
    isProcessed: boolean,
    state: FakeBatchView["state"],
  ): FakeBatchItem | undefined {
    const read = this.service.readLine(JSON.parse(line) as object);
    if (typeof read === "string") return undefined;
    const { id, body } = read;
    if (isProcessed) {
      const ask = this.#ask(body);
      return { id, index, reply: isReply(ask) ? ask : this.#reply(ask) };
    }
    if (state === "expired") return { id, index, reply: undefined, unmade: "expired" };
    return this.service.listsCancelled ? { id, index, reply: undefined, unmade: "cancelled" } : undefined;
  }

  #ask(body: object): FakeAsk | FakeReply {
    const { live, livePath, keyHeaders } = this.service;
    const headers = { ...keyHeaders, "content-type": "application/json" };
    const ask = live.read({ method: "POST", path: livePath, headers, body });
    if (isReply(ask)) return ask;
    const { refuse } = this.hooks;
    return (refuse && ask.texts.map((text) => refuse(text)).find((reply) => reply !== undefined)) ?? ask;
  }

  #reply(ask: FakeAsk): FakeReply {
    const vectors = ask.texts.map((text) => {
      const numbers = this.hooks.vector?.(text, ask.dimensions);
      return numbers === undefined
        ? fakeVectorOf(text, ask.elementType, ask.dimensions, this.seed)
        : Float32Array.from(numbers);
    });
    return this.service.live.answer(toItems(vectors, ask.encoding), ask);
  }

  async #validate(
    input: StoredFile,
  ): Promise<Pick<StoredBatch, "total" | "tokens" | "problems" | "refused">> {
    const { limits, live } = this.service;
    const problems: FakeBatchProblem[] = [];
    const refused: number[] = [];
    const ids = new Set<string>();
    let total = 0;
    let tokens = 0;
    for await (const line of inputLines(input)) {
      total++;
      const problem = this.#problemOf(line, total, ids);
      if (problem !== undefined) {
        if (problems.length < maxProblems) problems.push(problem);
        continue;
      }
      const read = this.service.readLine(JSON.parse(line) as object) as { readonly body: object };
      const ask = this.#ask(read.body);
      if (isReply(ask)) refused.push(total - 1);
      else for (const text of ask.texts) tokens += live.countTokens?.(text) ?? 0;
    }
    if (total === 0) problems.push({ kind: "empty" });
    if (total > limits.inputs) problems.push({ kind: "tooMany" });
    const active = this.batches.filter((batch) => this.#isActive(batch));
    const enqueued = active.reduce((sum, batch) => sum + batch.tokens, tokens);
    if (problems.length === 0 && enqueued > (limits.enqueuedTokens ?? Infinity)) {
      problems.push({ kind: "tooManyTokens" });
    }
    return { total, tokens, problems, refused };
  }

  #problemOf(line: string, number: number, ids: Set<string>): FakeBatchProblem | undefined {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      return { kind: "notJson", line: number };
    }
    if (typeof json !== "object" || json === null) return { kind: "notJson", line: number };
    const read = this.service.readLine(json);
    if (typeof read === "string") return { kind: "badLine", line: number, message: read };
    if (ids.has(read.id)) return { kind: "duplicate", line: number };
    ids.add(read.id);
    return undefined;
  }

  #isActive(batch: StoredBatch): boolean {
    return ["validating", "running", "finalizing", "cancelling"].includes(this.view(batch).state);
  }

  #nextId(kind: "file" | "batch"): string {
    this.#numbers[kind]++;
    return this.service.idOf(kind, this.#numbers[kind]);
  }
}

async function* inputLines({ content }: StoredFile): AsyncGenerator<string, void, undefined> {
  if (!("path" in content)) throw new TypeError("it is no input");
  const input = createReadStream(content.path);
  for await (const line of createInterface({ input, crlfDelay: Infinity })) if (line !== "") yield line;
}

/** What models cost for 1,000,000 tokens. */
export type Prices = Readonly<Record<string, { readonly input: number; readonly output?: number }>>;

/** The tokens of one model. */
export interface ModelUsage {
  readonly model: string;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** Calls that did not say how many tokens they used. */
  uncounted: number;
  /** `undefined` without a price. */
  cost: number | undefined;
  /** Tokens in each step of time since the first call. */
  readonly steps: number[];
}

const mostSteps = 240;

/** Types of events that are one request to a model; the event of a whole call repeats their sum. */
const requests: ReadonlySet<string> = new Set(["embedding", "llm"]);

/** Adds up the usage that requests report, by model and over time. */
export class UsageTotals {
  readonly models = new Map<string, ModelUsage>();
  /** The length of a step, in milliseconds. */
  step = 1_000;
  /** When the first step begins. */
  since = Number.NaN;
  /** Texts whose embedding was in a cache, and all texts of calls that say so. */
  cachedTexts = 0;
  textsOfCalls = 0;
  #prices: Prices = {};

  get hasPrices(): boolean {
    return Object.keys(this.#prices).length > 0;
  }

  setPrices(prices: Prices): void {
    this.#prices = prices;
    for (const usage of this.models.values()) usage.cost = this.#costOf(usage);
  }

  add(
    type: string,
    time: number,
    payload: Readonly<Record<string, unknown>> | undefined,
    endPayload: Readonly<Record<string, unknown>> | undefined,
  ): void {
    if (type === "embed_texts") {
      const { cached, count } = { ...payload, ...endPayload };
      if (typeof cached === "number") this.cachedTexts += cached;
      if (typeof count === "number") this.textsOfCalls += count;
      return;
    }
    if (!requests.has(type)) return;
    const usage = (endPayload?.["usage"] ?? {}) as Readonly<Record<string, unknown>>;
    const model = textOf(endPayload?.["model"]) ?? textOf(payload?.["model"]) ?? "(no name)";
    const total = this.#totalOf(model);
    total.calls++;
    const output = countOf(usage["outputTokens"]) ?? 0;
    const all = countOf(usage["totalTokens"]);
    // An embedding may report its total alone.
    const input =
      countOf(usage["inputTokens"]) ?? (all === undefined ? undefined : Math.max(0, all - output));
    if (input === undefined && output === 0) {
      total.uncounted++;
      return;
    }
    total.inputTokens += input ?? 0;
    total.outputTokens += output;
    total.totalTokens += all ?? (input ?? 0) + output;
    total.cost = this.#costOf(total);
    this.#addStep(total, time, all ?? (input ?? 0) + output);
  }

  #totalOf(model: string): ModelUsage {
    let total = this.models.get(model);
    if (total === undefined) {
      total = {
        model,
        calls: 0,
        inputTokens: 0,
        outputTokens: 0,
        totalTokens: 0,
        uncounted: 0,
        cost: undefined,
        steps: [],
      };
      total.cost = this.#costOf(total);
      this.models.set(model, total);
    }
    return total;
  }

  #costOf({ model, inputTokens, outputTokens }: ModelUsage): number | undefined {
    const price = Object.hasOwn(this.#prices, model) ? this.#prices[model] : undefined;
    return price && (inputTokens * price.input + outputTokens * (price.output ?? 0)) / 1e6;
  }

  #addStep(total: ModelUsage, time: number, tokens: number): void {
    if (Number.isNaN(this.since)) this.since = time;
    while ((time - this.since) / this.step >= mostSteps) this.#halve();
    const index = Math.max(0, Math.floor((time - this.since) / this.step));
    while (total.steps.length <= index) total.steps.push(0);
    total.steps[index]! += tokens;
  }

  /** Twice as long steps: a chart has only so many pixels. */
  #halve(): void {
    this.step *= 2;
    for (const { steps } of this.models.values()) {
      const halved: number[] = [];
      for (const [index, tokens] of steps.entries()) {
        halved[index >> 1] = (halved[index >> 1] ?? 0) + tokens;
      }
      steps.splice(0, steps.length, ...halved);
    }
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
const countOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

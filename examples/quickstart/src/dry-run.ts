import { mapJobs } from "@llx/async";
import type { EmbeddingModel, Estimate } from "@llx/embeddings";
import { openaiEmbedding } from "@llx/embeddings-openai";
import { prices } from "@llx/embeddings/prices";

/** What the local model takes for one passage, in milliseconds, on the processors of a small machine. */
const millisecondsPerPassage = 25;
/** What else is shown: paid models, live and in batch. */
const paidModels = ["text-embedding-3-small", "text-embedding-3-large"];

/** The estimate for one model. */
export interface EstimatedModel {
  readonly model: string;
  readonly estimate: Estimate;
}

/** Estimates what embedding the texts would be with the chosen model, and with models that cost money. Sends nothing. */
export async function estimateModels(
  chosen: EmbeddingModel,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<EstimatedModel[]> {
  const estimateWith = async (model: EmbeddingModel): Promise<EstimatedModel> => {
    const { provider, model: name, limits } = model;
    const isLocal = provider === "local";
    const estimate = await model.estimate(texts, {
      signal,
      prices: isLocal ? { [name]: { input: 0 } } : prices,
      latency: isLocal ? millisecondsPerPassage * limits.inputs : undefined,
    });
    return { model: name, estimate };
  };
  const others = paidModels.filter((name) => name !== chosen.model);
  const paid = await mapJobs(
    others,
    async (model) => {
      await using paidModel = openaiEmbedding({ model, apiKey: "not-needed-as-nothing-is-sent" });
      return estimateWith(paidModel);
    },
    { signal },
  );
  return [await estimateWith(chosen), ...paid];
}

/** The estimates as a table; where there are too few columns for it, as a list. */
export function showEstimates(rows: readonly EstimatedModel[], columns: number): string[] {
  const lines = table(rows);
  const isWide = lines.some(({ length }) => length > columns);
  const windows = rows.flatMap(({ estimate: { batch } }) =>
    batch === undefined ? [] : [time(batch.window)],
  );
  const reasons = rows.flatMap(({ estimate: { unpriced } }) => unpriced ?? []);
  const notes = [
    ...(windows.length === 0 ? [] : [`In batch: within ${[...new Set(windows)].join(" or ")}.`]),
    ...reasons.map((reason) => `? ${reason}`),
  ];
  return [...(isWide ? rows.flatMap(listed) : lines), ...(notes.length === 0 ? [] : ["", ...notes])];
}

const head = ["model", "requests", "tokens", "time", "cost", "in batch"] as const;

function table(rows: readonly EstimatedModel[]): string[] {
  const cells = [head, ...rows.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  "),
  );
}

function cellsOf({ model, estimate }: EstimatedModel): string[] {
  const { requests, tokens, tokensError, duration, cost, batch } = estimate;
  return [
    model,
    number(requests),
    `${number(tokens)} ±${Math.round(tokensError * 100)}%`,
    time(duration),
    cost === undefined ? "?" : money(cost),
    batch === undefined ? "–" : money(batch.cost),
  ];
}

function listed(row: EstimatedModel): string[] {
  const [model, ...cells] = cellsOf(row);
  return [model!, ...cells.map((cell, index) => `  ${head[index + 1]!.padEnd(8)}  ${cell}`)];
}

function number(value: number): string {
  return value.toLocaleString("en");
}

/** In dollars, with two digits that mean something. */
function money(amount: number): string {
  if (amount === 0) return "$0";
  return `$${amount >= 1 ? amount.toFixed(2) : Number(amount.toPrecision(2)).toFixed(digitsAfterPoint(amount))}`;
}

function digitsAfterPoint(amount: number): number {
  return Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(amount))));
}

function time(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

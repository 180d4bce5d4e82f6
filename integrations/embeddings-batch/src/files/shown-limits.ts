import type { BatchLimits } from "@llx/embeddings/batch";

/** A number with its unit, such as `1 text` and `1,000 texts`. */
export const counted = (count: number, unit: string): string =>
  `${count.toLocaleString("en-US")} ${unit}${count === 1 ? "" : "s"}`;

export const shownLimits = ({ inputs, bytes }: Pick<BatchLimits, "inputs" | "bytes">): string =>
  `${counted(inputs, "input")} and ${counted(bytes, "byte")}`;

/** More would not fit into a message. */
const most = 3;

/** What is wrong with a batch, in one message: the first problems, and how many more there are; `undefined` for none. */
export function listProblems(problems: readonly string[]): string | undefined {
  if (problems.length === 0) return undefined;
  const more = problems.length - most;
  return `${problems.slice(0, most).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

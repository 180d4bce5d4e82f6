/** Texts as a database streams them: never all in memory, some of them equal, and one that is empty. */
export async function* passages(count: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index++) {
    if (index === 7) yield "";
    else yield `Passage ${index % 10 === 9 ? 0 : index} says what it says.`;
  }
}

/** What a terminal shows after receiving a text: supports the few control sequences of our output. */
export class TerminalScreen {
  readonly #rows: number;
  /** Lines that have left the screen at the top, then those on it. */
  readonly #lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(rows = 24) {
    this.#rows = rows;
  }

  /** The lines from the first that was written to the last, without blanks at their ends. */
  get text(): string {
    return this.#lines.map((line) => line.trimEnd()).join("\n");
  }

  /** Where the next text will be written: the line, counted from the first that was written, and the column. */
  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column };
  }

  /** @throws Error for a control sequence that it does not know */
  write(text: string): this {
    const [plain = "", ...controlled] = text.split("\u001B");
    this.#print(plain);
    for (const part of controlled) {
      const [, parameters = "", letter, rest = ""] = /^\[([?\d;]*)([A-Za-z])(.*)$/su.exec(part) ?? [];
      this.#control(parameters, letter);
      this.#print(rest);
    }
    return this;
  }

  #print(text: string): void {
    for (const [part] of text.matchAll(/\r|\n|[^\r\n]+/gu)) {
      if (part === "\r") this.#column = 0;
      else if (part === "\n") this.#newLine();
      else this.#put(part);
    }
  }

  #put(text: string): void {
    const line = this.#lines[this.#row]!.padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + text + line.slice(this.#column + text.length);
    this.#column += text.length;
  }

  #newLine(): void {
    this.#row++;
    this.#column = 0;
    this.#lines[this.#row] ??= "";
  }

  #control(parameters: string, letter: string | undefined): void {
    const number = Number(parameters);
    const line = this.#lines[this.#row]!;
    switch (Number.isNaN(number) && letter !== "m" ? undefined : letter) {
      case "A":
        this.#row = Math.max(this.#row - number, this.#lines.length - this.#rows, 0);
        return;
      case "G":
        this.#column = number - 1;
        return;
      case "K":
        this.#lines[this.#row] = number === 2 ? "" : line.slice(0, this.#column);
        return;
      case "J":
        this.#lines[this.#row] = line.slice(0, this.#column);
        this.#lines.length = this.#row + 1;
        return;
      // Colours.
      case "m":
        return;
      default:
        throw new Error(`the control sequence ESC [ ${parameters} ${letter} is not known here`);
    }
  }
}

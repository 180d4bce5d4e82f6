const newline = 0x0a;

/** Cuts bytes into lines, whatever the pieces they come in; a character cut in two is put together again. */
export class LineSplitter {
  readonly #longest: number;
  #rest: Uint8Array[] = [];
  #length = 0;

  /** @param longest the most bytes of a line: what has none this far is no text of lines */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** @throws RangeError for a line that is too long */
  *add(bytes: Uint8Array): Generator<string> {
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#keep(bytes.subarray(start, end));
      yield Buffer.concat(this.#rest).toString("utf8");
      this.#rest = [];
      this.#length = 0;
      start = end + 1;
    }
    // A copy: the reader may use the buffer again.
    this.#keep(new Uint8Array(bytes.subarray(start)));
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > this.#longest) throw new RangeError(`is longer than ${this.#longest} bytes`);
    if (bytes.length > 0) this.#rest.push(bytes);
  }
}

/** On an older Node.js, this is the error, and not that something is no function. Each package calls it before all else. */
export function checkNode(): void {
  if (typeof Promise.withResolvers !== "function") {
    throw new Error(`@llx packages need Node.js 22.19 or later; this is ${process.version}`);
  }
}

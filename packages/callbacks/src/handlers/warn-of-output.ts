import { describeThrown, whenRejected } from "@llx/support";

const failed = new WeakSet<object>();

/**
 * An async logger or sink that rejects is a process warning, once for each.
 *
 * @param written what it has returned
 */
export function warnOfOutput(output: object, written: unknown): void {
  whenRejected(written, (error) => {
    if (failed.has(output)) return;
    failed.add(output);
    process.emitWarning(`lines of a handler were not written: ${describeThrown(error)}`, {
      type: "OutputFailed",
      code: "LLX_OUTPUT_FAILED",
    });
  });
}

/** The files of this package, in its sources and as published, and those of packages above it. */
const own = /[/\\](?:@llx|packages)[/\\]\w+[/\\](?:dist[/\\][^/\\]+\.c?js|src[/\\]\w+[/\\][\w-]+\.ts):\d/;

/** Where the caller is, to be read later: a stack is only written when it is read. */
export function captureStack(): { readonly stack?: string } {
  const before = Error.stackTraceLimit;
  const captured = {};
  try {
    // Between the caller's code and here there are up to a dozen frames of ours.
    Error.stackTraceLimit = 30;
    Error.captureStackTrace(captured, captureStack);
  } finally {
    Error.stackTraceLimit = before;
  }
  return captured;
}

/** The first frame that is neither ours nor Node's, as `load (/app/load.ts:5:3)`; `undefined` without any. */
export function callSite({ stack = "" }: { readonly stack?: string }): string | undefined {
  for (const line of stack.split("\n")) {
    const frame = /^\s*at (.*)$/.exec(line)?.[1];
    if (frame === undefined || own.test(frame) || frame.includes("node:")) continue;
    return frame.replace("file://", "").replace(/^async /, "");
  }
  return undefined;
}

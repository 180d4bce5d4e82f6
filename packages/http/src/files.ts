// The whole public surface of `@llx/http/files`. An addition needs a reason.
export { batchFileName, BatchFiles, idOf } from "./batch-files.ts";
export { FileClient } from "./file-client.ts";
export type { FileUpload, LinesOptions } from "./file-options.ts";

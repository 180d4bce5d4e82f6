import type { BatchOperation, FakeBatchRequest, FakeBatchService } from "./fake-batch-service.ts";

/** Which operation a request is, of a service that has files as OpenAI does, and its batches at a path such as `/v1/batches`. */
export function batchOperations(path: string): FakeBatchService["operationOf"] {
  const operations: readonly (readonly [method: string, form: RegExp, BatchOperation])[] = [
    ["POST", /^\/v1\/files$/, "upload"],
    ["GET", /^\/v1\/files$/, "findInput"],
    ["GET", /^\/v1\/files\/[^/]+\/content$/, "results"],
    ["GET", /^\/v1\/files\/[^/]+$/, "findInput"],
    ["DELETE", /^\/v1\/files\/[^/]+$/, "remove"],
    ["POST", new RegExp(`^${path}$`), "create"],
    ["GET", new RegExp(`^${path}$`), "find"],
    ["GET", new RegExp(`^${path}/[^/]+$`), "status"],
    ["POST", new RegExp(`^${path}/[^/]+/cancel$`), "cancel"],
  ];
  return (request: Pick<FakeBatchRequest, "method" | "path">) =>
    operations.find(([method, form]) => method === request.method && form.test(request.path))?.[2];
}

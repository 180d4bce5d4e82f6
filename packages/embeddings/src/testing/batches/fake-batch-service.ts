import type { FakeReply, FakeRequest, FakeService } from "../fake-service.ts";
import type { FakeBatchLimits, FakeBatchStore, StoredFile } from "./fake-batch-store.ts";

/** What a request to a service of batches does. */
export type BatchOperation =
  | "upload"
  | "findInput"
  | "create"
  | "find"
  | "status"
  | "results"
  | "cancel"
  | "remove";

/** A request, with its query apart. */
export interface FakeBatchRequest extends FakeRequest {
  readonly query: URLSearchParams;
}

/** What became of one text. */
export interface FakeBatchItem {
  readonly id: string;
  /** Its place in the input, from 0. */
  readonly index: number;
  /** As the live service responds; `undefined` if its request was not made. */
  readonly reply: FakeReply | undefined;
  /** Why it was not made. */
  readonly unmade?: "expired" | "cancelled" | undefined;
}

/** A service of batches as a client sees it. */
export interface FakeBatchService {
  /** The service at the same address that embeds at once: it checks each text of a batch, and responds to it. */
  readonly live: FakeService;
  /** The path of `live`. */
  readonly livePath: string;
  /** The headers that carry the key, in lower case. */
  readonly keyHeaders: Readonly<Record<string, string>>;
  readonly limits: FakeBatchLimits;
  /** Milliseconds after which a batch expires. */
  readonly window: number;
  /** How the ids of files and batches are made. */
  readonly idOf: (kind: "file" | "batch", number: number) => string;
  /** The name that a client has given to a batch: that of its input, for the counts of a server. */
  readonly nameOf: (metadata: Readonly<Record<string, unknown>>) => string | undefined;
  /** Whether the texts of a batch that was cancelled are among its failures. */
  readonly listsCancelled: boolean;
  /** Which operation a request is; `undefined` where there is nothing. */
  operationOf(request: Pick<FakeBatchRequest, "method" | "path" | "query">): BatchOperation | undefined;
  /** Responds to a request; the file of an upload is stored already. A stored file in the place of a reply is sent. */
  respond(
    request: FakeBatchRequest,
    store: FakeBatchStore,
    upload: FakeUpload | undefined,
  ): FakeReply | StoredFile | Promise<FakeReply | StoredFile>;
  /** Reads a line of an input; a string says why it is refused. */
  readLine(line: object): { readonly id: string; readonly body: object } | string;
  /** The line of a result. */
  resultLine(item: FakeBatchItem): object;
}

/** A form with a file that was uploaded. */
export interface FakeUpload {
  readonly fields: Readonly<Record<string, string>>;
  /** `undefined` if the form has no file. */
  readonly file: { readonly name: string; readonly bytes: number; readonly path: string } | undefined;
}

/** A span as received. */
export interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 is internal, 3 is client. */
  readonly kind: number;
  /** 2 is an error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface JsonTraces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[];
  }[];
}

/** Reads an export of traces in JSON. */
export function readJsonSpans(body: Buffer): readonly WireSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as JsonTraces;
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return spans.map(({ traceId, spanId, parentSpanId = "", name, kind, status, attributes }) => {
    const read = attributes.map(({ key, value }) => [key, Object.values(value)[0]]);
    return {
      traceId,
      spanId,
      parentSpanId,
      name,
      kind,
      status: status.code ?? 0,
      attributes: Object.fromEntries(read),
    };
  });
}

/**
 * Reads an export of traces in protobuf, by the field numbers of `opentelemetry/proto/trace/v1/trace.proto`
 * and `common/v1/common.proto`.
 */
export function readProtobufSpans(body: Buffer): readonly WireSpan[] {
  const resourceSpans = messages(readFields(body), 1);
  const scopeSpans = resourceSpans.flatMap((fields) => messages(fields, 2));
  return scopeSpans.flatMap((fields) => messages(fields, 2)).map(readSpan);
}

function readSpan(fields: Fields): WireSpan {
  const [status] = messages(fields, 15);
  const attributes = messages(fields, 9).map((pair) => [text(pair, 1), readValue(messages(pair, 2)[0])]);
  return {
    traceId: bytes(fields, 1).toString("hex"),
    spanId: bytes(fields, 2).toString("hex"),
    parentSpanId: bytes(fields, 4).toString("hex"),
    name: text(fields, 5),
    kind: number(fields, 6),
    status: status ? number(status, 3) : 0,
    attributes: Object.fromEntries(attributes),
  };
}

/** An `AnyValue`: a string, a boolean, an integer or a double. */
function readValue(fields: Fields | undefined): unknown {
  if (fields?.has(1)) return text(fields, 1);
  if (fields?.has(2)) return number(fields, 2) === 1;
  if (fields?.has(3)) return number(fields, 3);
  if (fields?.has(4)) return bytes(fields, 4).readDoubleLE();
  return undefined;
}

/** The fields of a message by number: a number for a varint, otherwise bytes. */
type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>;

function readFields(message: Buffer): Fields {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > message.length) throw new RangeError("a field is longer than its message");
    return message.subarray(at, (at += length));
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag & 7;
    const value =
      wireType === 0 ? varint() : wireType === 1 ? take(8) : wireType === 5 ? take(4) : take(varint());
    const known = fields.get(tag >>> 3);
    if (known) known.push(value);
    else fields.set(tag >>> 3, [value]);
  }
  return fields;
}

const bytes = (fields: Fields, field: number): Buffer =>
  (fields.get(field)?.[0] as Buffer | undefined) ?? Buffer.alloc(0);
const text = (fields: Fields, field: number): string => bytes(fields, field).toString();
const number = (fields: Fields, field: number): number => (fields.get(field)?.[0] as number | undefined) ?? 0;
const messages = (fields: Fields, field: number): readonly Fields[] =>
  (fields.get(field) ?? []).map((value) => readFields(value as Buffer));

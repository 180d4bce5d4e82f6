import { floatField, integerField, joinPieces, messageField, type Pieces, stringField } from "./protobuf.ts";

/** The name of a value in a graph: an input, a constant, or the output of a node. */
export type Value = string;

/** Element types, by their numbers in ONNX. */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int64: 7, float16: 10, bfloat16: 16 } as const;
export type ElementType = keyof typeof elementTypes;

/** An attribute of a node: integers are `int`, so a float needs `{ float }`. */
type Attribute = number | readonly number[] | { readonly float: number };

/** A size, or a name for a size that is known only when the graph runs. */
type Dimension = number | string;

/** The version of the standard operators: the first one with `Gelu`; and of the format, which that version needs. */
const opset = 20;
const irVersion = 9;

/** Operators of ONNX Runtime's own. */
const ownOperators: ReadonlySet<string> = new Set(["MatMulIntegerToFloat"]);
const ownDomain = "com.microsoft";

/**
 * Writes a computation as an ONNX model, node by node.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3, which defines the numbers of the fields
 */
export class OnnxGraph {
  readonly #parts: Pieces[] = [stringField(2, "graph")];
  readonly #integers = new Map<string, Value>();
  #count = 0;

  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    this.#parts.push(messageField(11, ...valueInfo(name, type, shape)));
    return name;
  }

  output(value: Value, name: string, type: ElementType, shape: readonly Dimension[]): void {
    this.#parts.push(nodeField("Identity", [value], [name], {}));
    this.#parts.push(messageField(12, ...valueInfo(name, type, shape)));
  }

  /** A tensor of the given little-endian bytes, which are not copied yet. */
  constant(type: ElementType, shape: readonly number[], bytes: Uint8Array): Value {
    const name = this.#name();
    this.#parts.push(
      messageField(
        5,
        ...shape.map((size) => integerField(1, size)),
        integerField(2, elementTypes[type]),
        stringField(8, name),
        messageField(9, [bytes]),
      ),
    );
    return name;
  }

  /** A list of integers, as an operator takes for a shape or for axes. */
  integers(...values: readonly number[]): Value {
    const key = values.join();
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const view = new DataView(new ArrayBuffer(8 * values.length));
    for (const [index, value] of values.entries()) view.setBigInt64(8 * index, BigInt(value), true);
    const made = this.constant("int64", [values.length], new Uint8Array(view.buffer));
    this.#integers.set(key, made);
    return made;
  }

  float(value: number): Value {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value, true);
    return this.constant("float32", [], new Uint8Array(view.buffer));
  }

  /** A node with one output. */
  node(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const output = this.#name();
    this.#parts.push(nodeField(operator, inputs, [output], attributes));
    return output;
  }

  /** The bytes of the model. */
  build(): Uint8Array {
    return joinPieces([
      ...integerField(1, irVersion),
      ...messageField(7, ...this.#parts),
      ...messageField(8, stringField(1, ""), integerField(2, opset)),
      ...messageField(8, stringField(1, ownDomain), integerField(2, 1)),
    ]);
  }

  #name(): Value {
    return `v${this.#count++}`;
  }
}

function nodeField(
  operator: string,
  inputs: readonly Value[],
  outputs: readonly Value[],
  attributes: Readonly<Record<string, Attribute>>,
): Pieces {
  return messageField(
    1,
    ...inputs.map((name) => stringField(1, name)),
    ...outputs.map((name) => stringField(2, name)),
    stringField(4, operator),
    ...(ownOperators.has(operator) ? [stringField(7, ownDomain)] : []),
    ...Object.entries(attributes).map(([name, value]) =>
      messageField(5, stringField(1, name), ...attributeFields(value)),
    ),
  );
}

/** The value, and the number of its kind. */
function attributeFields(value: Attribute): Pieces[] {
  if (typeof value === "number") return [integerField(3, value), integerField(20, 2)];
  if ("float" in value) return [floatField(2, value.float), integerField(20, 1)];
  return [...value.map((each) => integerField(8, each)), integerField(20, 7)];
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): Pieces[] {
  const dimensions = shape.map((size) =>
    messageField(1, typeof size === "number" ? integerField(1, size) : stringField(2, size)),
  );
  const tensor = messageField(1, integerField(1, elementTypes[type]), messageField(2, ...dimensions));
  return [stringField(1, name), messageField(2, tensor)];
}

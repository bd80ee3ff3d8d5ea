/** One operation of ONNX's standard set; attributes are whole numbers here. */
export interface Operation {
  readonly type: string
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, number>>
}

export interface Weights {
  readonly dims: readonly number[]
  readonly values: Float32Array
}

export type Dimension = number | 'any'

/** A network: operations in order, what they are given by name, and what they take and answer. */
export interface Network {
  readonly operations: readonly Operation[]
  readonly weights: Readonly<Record<string, Weights>>
  /** Shapes, axes and ranges: lists of whole numbers. */
  readonly integers: Readonly<Record<string, readonly number[]>>
  readonly inputs: Readonly<Record<string, readonly Dimension[]>>
  readonly outputs: Readonly<Record<string, readonly Dimension[]>>
}

const FORMAT_VERSION = 8
const OPERATION_SET = 17

/** Numbers of types in the format. */
const FLOAT = 1
const INT64 = 7
const ATTRIBUTE_INTEGER = 2

/** A model file for any ONNX runtime. Numbers of fields are those of `onnx.proto3`. */
export function writeModel(network: Network): Uint8Array {
  const { operations, weights, integers, inputs, outputs } = network
  const graph = [
    ...operations.map((operation) => message(1, writeOperation(operation))),
    text(2, 'network'),
    ...Object.entries(weights).map(([name, { dims, values }]) =>
      message(5, writeTensor(name, FLOAT, dims, values)),
    ),
    ...Object.entries(integers).map(([name, values]) =>
      message(5, writeTensor(name, INT64, [values.length], BigInt64Array.from(values, BigInt))),
    ),
    ...Object.entries(inputs).map(([name, dims]) => message(11, writeFloats(name, dims))),
    ...Object.entries(outputs).map(([name, dims]) => message(12, writeFloats(name, dims))),
  ]
  const operationSet = [text(1, ''), integer(2, OPERATION_SET)]
  return Buffer.concat([integer(1, FORMAT_VERSION), message(7, graph), message(8, operationSet)])
}

function writeOperation({ type, inputs, outputs, attributes = {} }: Operation): Uint8Array[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) =>
      message(5, [text(1, name), integer(3, value), integer(20, ATTRIBUTE_INTEGER)]),
    ),
  ]
}

function writeTensor(
  name: string,
  type: number,
  dims: readonly number[],
  { buffer, byteOffset, byteLength }: Float32Array | BigInt64Array,
): Uint8Array[] {
  return [
    ...dims.map((dim) => integer(1, dim)),
    integer(2, type),
    text(8, name),
    message(9, [new Uint8Array(buffer, byteOffset, byteLength)]),
  ]
}

/** Name, type and shape of an input or output; `any` dimensions need not agree. */
function writeFloats(name: string, dims: readonly Dimension[]): Uint8Array[] {
  const shape = dims.map((dim, i) =>
    message(1, [dim === 'any' ? text(2, `${name}${i}`) : integer(1, dim)]),
  )
  return [text(1, name), message(2, [message(1, [integer(1, FLOAT), message(2, shape)])])]
}

const VARINT = 0
const DELIMITED = 2

function message(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts)
  return Buffer.concat([varint(field * 8 + DELIMITED), varint(body.length), body])
}

function text(field: number, value: string): Uint8Array {
  return message(field, [Buffer.from(value)])
}

function integer(field: number, value: number): Uint8Array {
  return Buffer.concat([varint(field * 8 + VARINT), varint(value)])
}

/** A whole number, none below zero. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Uint8Array.from([...bytes, rest])
}

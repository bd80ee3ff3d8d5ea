/** Kinds of fields in a protobuf message; numbers of fields are those of `onnx.proto3`. */
const VARINT = 0
const EIGHT_BYTES = 1
const DELIMITED = 2
const FOUR_BYTES = 5

const MODEL_GRAPH = 7
const GRAPH_TENSOR = 5
const TENSOR_NAME = 8
const TENSOR_BYTES = 9

/**
 * The tensors that an ONNX model holds, by name, as their bytes.
 * @throws RangeError for what is no protobuf message
 */
export function readTensors(model: Uint8Array): Map<string, Uint8Array> {
  const tensors = new Map<string, Uint8Array>()
  for (const [number, tensor] of fieldsOf(firstOf(model, MODEL_GRAPH))) {
    if (number !== GRAPH_TENSOR) continue
    const name = new TextDecoder().decode(firstOf(tensor, TENSOR_NAME))
    tensors.set(name, firstOf(tensor, TENSOR_BYTES))
  }
  return tensors
}

function firstOf(message: Uint8Array, number: number): Uint8Array {
  for (const [found, bytes] of fieldsOf(message)) if (found === number) return bytes
  return new Uint8Array()
}

/** Messages, texts and bytes by the number of their field; numbers are passed over. */
function* fieldsOf(message: Uint8Array): Generator<readonly [number, Uint8Array]> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let unit = 1; at < message.length; unit *= 128) {
      const byte = message[at++] ?? 0
      value += (byte & 127) * unit
      if (byte < 128) return value
    }
    throw new RangeError('the message ends in a number')
  }
  while (at < message.length) {
    const key = varint()
    const kind = key & 7
    if (kind === VARINT) varint()
    const length = kind === DELIMITED ? varint() : lengthOf(kind)
    if (at + length > message.length) throw new RangeError('the message ends in a field')
    if (kind === DELIMITED) yield [key >>> 3, message.subarray(at, at + length)]
    at += length
  }
}

function lengthOf(kind: number): number {
  if (kind === VARINT) return 0
  if (kind === EIGHT_BYTES) return 8
  if (kind === FOUR_BYTES) return 4
  throw new RangeError(`no protobuf message: a field of kind ${kind}`)
}

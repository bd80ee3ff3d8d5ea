import { readTensors } from './onnx-reader.ts'
import { type Operation, type Weights, writeModel } from './onnx-writer.ts'
import { SPECTRA, SPECTRUM_SAMPLES } from './speech-windows.ts'

/** Of the network's memory, which is two such lists. */
export const MEMORY_FLOATS = 128

/** Frequencies of a spectrum. */
const BINS = 129

/** Each looks at a row and its two neighbours, and moves on by `stride` rows. */
const CONVOLUTIONS = [
  { rows: SPECTRA, inputs: BINS, outputs: 128, stride: 1 },
  { rows: SPECTRA, inputs: 128, outputs: 64, stride: 2 },
  { rows: 2, inputs: 64, outputs: 64, stride: 2 },
  { rows: 1, inputs: 64, outputs: MEMORY_FLOATS, stride: 1 },
] as const
type Convolution = (typeof CONVOLUTIONS)[number]

const TAPS = 3
const GATES = 4

/**
 * Silero's network with its own weights, written as a model that takes many windows of one recording
 * in a call. The published model takes one a call and lays its memory's weights out anew every time.
 * Everything before the memory sees one window only, so that windows pass side by side there; the
 * memory takes them in order. The answers are those of the published model to 1e-5, at a quarter of
 * the CPU.
 *
 * Takes `spectra` [4 a window, 256] and `hidden` and `cell` [1, 1, 128]; answers `probability`
 * [windows, 1], `hiddenAfter` and `cellAfter`.
 * @throws RangeError when `published` is another network
 */
export function buildSpeechModel(published: Uint8Array): Uint8Array {
  const tensors = readTensors(published)
  const take = (name: string, length: number): Float32Array => {
    const bytes = tensors.get(`model.${name}`)
    if (bytes?.length !== length * Float32Array.BYTES_PER_ELEMENT) {
      throw new RangeError(`the model has no tensor ${name} of ${length} numbers`)
    }
    return new Float32Array(Uint8Array.from(bytes).buffer)
  }
  const basis = take('stft.forward_basis_buffer', 2 * BINS * SPECTRUM_SAMPLES)
  const oneMemory = [1, 1, MEMORY_FLOATS]
  return writeModel({
    operations: [...SPECTRUM, ...CONVOLUTIONS.flatMap(convolve), ...MEMORY],
    weights: {
      basis: { dims: [SPECTRUM_SAMPLES, 2 * BINS], values: transpose(basis, SPECTRUM_SAMPLES) },
      ...Object.assign({}, ...CONVOLUTIONS.map((one, i) => convolutionWeights(one, i, take))),
      ...memoryWeights(take),
      judge: { dims: [MEMORY_FLOATS, 1], values: take('decoder.decoder.2.weight', MEMORY_FLOATS) },
      judgeBias: { dims: [1], values: take('decoder.decoder.2.bias', 1) },
    },
    integers: {
      halves: [BINS, BINS],
      rowAxis: [1],
      beforeAndAfter: [0, 1, 0, 0, 1, 0],
      memoryRows: [-1, MEMORY_FLOATS],
      ...Object.assign({}, ...CONVOLUTIONS.map(convolutionIntegers)),
    },
    inputs: { spectra: ['any', SPECTRUM_SAMPLES], hidden: oneMemory, cell: oneMemory },
    outputs: { probability: ['any', 1], hiddenAfter: oneMemory, cellAfter: oneMemory },
  })
}

type Take = (name: string, length: number) => Float32Array

const operation = (
  type: string,
  inputs: readonly string[],
  output: string | readonly string[],
  attributes: Operation['attributes'] = {},
): Operation => ({
  type,
  inputs,
  outputs: typeof output === 'string' ? [output] : output,
  attributes,
})

/** How loud each frequency is. */
const SPECTRUM = [
  operation('MatMul', ['spectra', 'basis'], 'waves'),
  operation('Mul', ['waves', 'waves'], 'squares'),
  operation('Split', ['squares', 'halves'], ['real', 'imaginary'], { axis: 1 }),
  operation('Add', ['real', 'imaginary'], 'power'),
  operation('Sqrt', ['power'], 'rows0'),
]

/** As one product of matrices: each row beside its neighbours, silence beyond both ends. */
function convolve(_: Convolution, index: number): Operation[] {
  const own = (name: string) => `${name}${index}`
  const taps = Array.from({ length: TAPS }, (_unused, tap) => own(`tap${tap}of`))
  return [
    operation('Reshape', [own('rows'), own('byWindow')], own('windows')),
    operation('Pad', [own('windows'), 'beforeAndAfter'], own('padded')),
    ...taps.map((tap) =>
      operation('Slice', [own('padded'), `${tap}from`, `${tap}to`, 'rowAxis', own('stride')], tap),
    ),
    operation('Concat', taps, own('beside'), { axis: 2 }),
    operation('Reshape', [own('beside'), own('byRow')], own('taken')),
    operation('MatMul', [own('taken'), own('weights')], own('product')),
    operation('Add', [own('product'), own('bias')], own('sum')),
    operation('Relu', [own('sum')], `rows${index + 1}`),
  ]
}

function convolutionIntegers({ rows, inputs, stride }: Convolution, index: number) {
  const ranges = Array.from({ length: TAPS }, (_, tap) => {
    const name = `tap${tap}of${index}`
    return { [`${name}from`]: [tap], [`${name}to`]: [tap + rows] }
  })
  return Object.assign(
    {
      [`byWindow${index}`]: [-1, rows, inputs],
      [`byRow${index}`]: [-1, TAPS * inputs],
      [`stride${index}`]: [stride],
    },
    ...ranges,
  )
}

function convolutionWeights({ inputs, outputs }: Convolution, index: number, take: Take) {
  const name = `encoder.${index}.reparam_conv`
  const values = take(`${name}.weight`, outputs * inputs * TAPS)
  const byTap = new Float32Array(values.length)
  for (let output = 0; output < outputs; output += 1) {
    for (let input = 0; input < inputs; input += 1) {
      for (let tap = 0; tap < TAPS; tap += 1) {
        const from = (output * inputs + input) * TAPS + tap
        byTap[(tap * inputs + input) * outputs + output] = values[from] ?? Number.NaN
      }
    }
  }
  return {
    [`weights${index}`]: { dims: [TAPS * inputs, outputs], values: byTap },
    [`bias${index}`]: { dims: [outputs], values: take(`${name}.bias`, outputs) },
  }
}

/** Windows in order; what is remembered of each is judged by itself. */
const MEMORY = [
  operation('Unsqueeze', [`rows${CONVOLUTIONS.length}`, 'rowAxis'], 'sequence'),
  operation(
    'LSTM',
    ['sequence', 'memoryIn', 'memoryAgain', 'memoryBias', '', 'hidden', 'cell'],
    ['remembered', 'hiddenAfter', 'cellAfter'],
    { hidden_size: MEMORY_FLOATS },
  ),
  operation('Reshape', ['remembered', 'memoryRows'], 'memories'),
  operation('Relu', ['memories'], 'raised'),
  operation('MatMul', ['raised', 'judge'], 'verdict'),
  operation('Add', ['verdict', 'judgeBias'], 'biased'),
  operation('Sigmoid', ['biased'], 'probability'),
]

function memoryWeights(take: Take): Record<string, Weights> {
  const gates = GATES * MEMORY_FLOATS
  const matrix = (name: string): Weights => ({
    dims: [1, gates, MEMORY_FLOATS],
    values: inGateOrder(take(`decoder.rnn.${name}`, gates * MEMORY_FLOATS)),
  })
  const biases = ['bias_ih', 'bias_hh'].flatMap((name) => [
    ...inGateOrder(take(`decoder.rnn.${name}`, gates)),
  ])
  return {
    memoryIn: matrix('weight_ih'),
    memoryAgain: matrix('weight_hh'),
    memoryBias: { dims: [1, 2 * gates], values: Float32Array.from(biases) },
  }
}

/** PyTorch keeps the gates as input, forget, cell, output; ONNX as input, output, forget, cell. */
function inGateOrder(values: Float32Array): Float32Array {
  const size = values.length / GATES
  const ordered = values.slice()
  ordered.set(values.subarray(3 * size), size)
  ordered.set(values.subarray(size, 3 * size), 2 * size)
  return ordered
}

function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      turned[column * rows + row] = values[row * columns + column] ?? Number.NaN
    }
  }
  return turned
}

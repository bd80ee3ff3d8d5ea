import { readFile } from 'node:fs/promises'
import type { UploadFile } from '../../client/index.ts'
import { RECORDINGS, type Recording } from '../recordings/index.ts'

/** A bundled recording as the phone sends it, recorded a little while ago. */
export interface DemoFile extends UploadFile {
  readonly recording: Recording
  readonly startMs: number
}

/** How long ago the demo's day begins: all of it lies in the past, and is fresh. */
const BEGAN_SECONDS_AGO = 30 * 60

export function loadDemoFiles(nowMs: number): Promise<DemoFile[]> {
  const beganSeconds = Math.floor(nowMs / 1_000) - BEGAN_SECONDS_AGO
  return Promise.all(
    RECORDINGS.map(async (recording) => {
      const startSeconds = beganSeconds + recording.offsetSeconds
      return {
        recording,
        startMs: startSeconds * 1_000,
        name: `${recording.namePrefix}_${startSeconds}.bin`,
        body: new Uint8Array(await readFile(recording.file)),
      }
    }),
  )
}

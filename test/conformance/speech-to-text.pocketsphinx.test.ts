import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import {
  createPocketsphinx,
  createSpanOnly,
  type PocketsphinxOptions,
} from '../../src/adapters/pocketsphinx/index.ts'
import { RetryableError, TerminalError } from '../../src/kernel/index.ts'
import { findRecogniser } from '../../src/local/packages/index.ts'
import { RECORDINGS } from '../../src/local/recordings/index.ts'
import { wordErrorRate } from '../../src/local/word-error-rate.ts'
import { tone } from './speech-to-text.contract.ts'

let scratchDir = ''
beforeEach(async () => {
  scratchDir = await mkdtemp(join(tmpdir(), 'pocketsphinx-test-'))
})
afterEach(async () => {
  const left = await readdir(scratchDir)
  await rm(scratchDir, { recursive: true, force: true })
  expect(left.filter((name) => name.startsWith('utterances-'))).toEqual([])
})

const never = new AbortController().signal
/** A real child that runs the lines, its arguments in `$all`, `$list` and `$hypseg`. */
async function scripted(
  lines: string,
  options: Partial<PocketsphinxOptions> = {},
  usage = '-hypseg',
) {
  const command = join(scratchDir, 'recogniser')
  const script = `#!/bin/sh
if [ $# = 0 ]; then echo '${usage}' >&2; exit 1; fi
all="$*"
while [ $# -gt 1 ]; do
  case $1 in -ctl) list=$2;; -hypseg) hypseg=$2;; esac
  shift
done
${lines}
`
  await writeFile(command, script, { mode: 0o755 })
  const env = { PATH: '/usr/bin:/bin' }
  return createPocketsphinx({ command, env, modelDir: await model(), scratchDir, ...options })
}

async function model(): Promise<string> {
  for (const name of ['en-us', 'en-us.lm.bin', 'cmudict-en-us.dict']) {
    await writeFile(join(scratchDir, name), '')
  }
  return scratchDir
}

describe('pocketsphinx on a real recording', () => {
  const recognise = async (pcm: Int16Array<ArrayBuffer>) => {
    const found = await findRecogniser(inject('findOptions'))
    if ('missing' in found) throw new Error(found.missing)
    return createPocketsphinx({ ...found, scratchDir }).transcribe({ pcm, signal: never })
  }

  it('hears most of the words, at the times they were said', { timeout: 120_000 }, async () => {
    const recording = RECORDINGS.find(({ namePrefix }) => namePrefix.includes('pcm16'))
    if (recording === undefined) throw new Error('no recording without a codec')
    const speech = await uncodedSamples(recording.file)
    const lead = new Int16Array(5 * 16_000)
    const heard = await recognise(Int16Array.from([...lead, ...speech]))
    expect(wordErrorRate(recording.text, heard.text).rate).toBeLessThan(0.5)
    expect(heard.text).toBe(heard.words.map((word) => word.text).join(' '))
    expect(heard.words[0]?.startMs).toBeGreaterThan(4_900)
    const ends = heard.words.map((word) => word.endMs)
    expect(ends).toEqual(ends.toSorted((one, other) => one - other))
    expect(ends.at(-1)).toBeLessThanOrEqual(5_000 + speech.length / 16)
  })

  it('hears nothing in digital silence', async () => {
    expect(await recognise(new Int16Array(16_000))).toMatchObject({ text: '', words: [] })
  })
})

describe('pocketsphinx', () => {
  const wordPerUtterance = 'while read id; do echo "$id S 0 T 0 A 0 L 0 10 -1 -2 word$id 20"; done'

  it('puts the words of every utterance at its place in the segment', async () => {
    const stt = await scripted(`${wordPerUtterance} < "$list" > "$hypseg"`, { maxChildren: 1 })
    const { words, text } = await stt.transcribe({ pcm: tone(50_000), signal: never })
    expect(words.length).toBeGreaterThan(2)
    expect(text.split(' ')).toHaveLength(words.length)
    const starts = words.map((word) => word.startMs)
    expect(starts[0]).toBe(100)
    expect(starts).toEqual(starts.toSorted((one, other) => one - other))
    expect(new Set(starts).size).toBe(starts.length)
  })

  it('shares a long segment among children and keeps the order of its words', async () => {
    const lines = `echo child >> "${scratchDir}/children"; ${wordPerUtterance} < "$list" > "$hypseg"`
    const shared = await scripted(lines, { maxChildren: 3 })
    const { words } = await shared.transcribe({ pcm: tone(100_000), signal: never })
    expect((await readFile(join(scratchDir, 'children'), 'utf8')).match(/child/g)).toHaveLength(3)
    const starts = words.map((word) => word.startMs)
    expect(starts).toEqual(starts.toSorted((one, other) => one - other))
  })

  it.each([
    ['-hypseg -remove_silence -maxhmmpf', ' -remove_silence no -maxhmmpf 5000'],
    ['-hypseg', ''],
  ])('tells a build that knows %s what it must, and no more', async (usage, told) => {
    const lines = `echo "$all" > ${scratchDir}/told; ${wordPerUtterance} < "$list" > "$hypseg"`
    const stt = await scripted(lines, {}, usage)
    await stt.transcribe({ pcm: tone(1_000), signal: never })
    const sent = await readFile(join(scratchDir, 'told'), 'utf8')
    expect(sent).toMatch(new RegExp(`cmudict-en-us.dict${told}\\n$`))
  })

  it('may try again when the program gives no list, and asks anew', async () => {
    const stt = await scripted(`${wordPerUtterance} < "$list" > "$hypseg"`, {}, 'no memory')
    const asking = () => stt.transcribe({ pcm: tone(1_000), signal: never })
    await expect(asking()).rejects.toMatchObject({ reasonCode: 'stt_upstream_error' })
    await scripted(`${wordPerUtterance} < "$list" > "$hypseg"`)
    expect(await asking()).toMatchObject({ text: 'word0' })
  })

  it('never takes a skipped utterance for silence (F60)', async () => {
    const stt = await scripted(`: > "$hypseg"`)
    const error: unknown = await stt.transcribe({ pcm: tone(1_000), signal: never }).catch(String)
    expect(error).toContain('answered 0 of 1 utterances')
  })

  it('may try again after the child failed', async () => {
    const stt = await scripted('echo "out of memory" >&2; exit 3')
    const error: unknown = await stt.transcribe({ pcm: tone(1_000), signal: never }).catch((e) => e)
    expect(error).toBeInstanceOf(RetryableError)
    expect(error).toMatchObject({
      reasonCode: 'stt_upstream_error',
      message: expect.stringContaining('code 3: out of memory'),
    })
  })

  it.each([
    ['a recogniser that is not there', { command: '/nowhere/pocketsphinx_batch' }],
    ['a model that is not there', { modelDir: '/nowhere' }],
  ])('blames the configuration for %s', async (_, options) => {
    const stt = await scripted('exit 1', options)
    const error: unknown = await stt.transcribe({ pcm: tone(1_000), signal: never }).catch((e) => e)
    expect(error).toBeInstanceOf(TerminalError)
    expect(error).toMatchObject({ reasonCode: 'stt_configuration_error' })
  })

  it("kills its child on an abort and rejects with the caller's reason", async () => {
    const pidFile = join(scratchDir, 'pid')
    const stt = await scripted(
      `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 60`,
    )
    const caller = new AbortController()
    const asking = stt.transcribe({ pcm: tone(1_000), signal: caller.signal })
    await until(() => existsSync(pidFile))
    const pid = Number(await readFile(pidFile, 'utf8'))
    const why = new Error('the lease is gone')
    caller.abort(why)
    await expect(asking).rejects.toBe(why)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('starts no child for a caller who has left already', async () => {
    const stt = await scripted(`touch ${scratchDir}/started`)
    const why = new Error('the lease is gone')
    const asking = stt.transcribe({ pcm: tone(1_000), signal: AbortSignal.abort(why) })
    await expect(asking).rejects.toBe(why)
    expect(existsSync(join(scratchDir, 'started'))).toBe(false)
  })
})

describe('speech spans alone', () => {
  it('tell how long somebody spoke, in brackets', async () => {
    const heard = await createSpanOnly().transcribe({ pcm: tone(3_400), signal: never })
    expect(heard).toEqual({ text: '[speech 3.4 s]', words: [] })
    expect(createSpanOnly().provider).toBe('speech-spans-only')
  })
})

/** Frames of a body are a length of four bytes and as many bytes of samples. */
async function uncodedSamples(file: URL): Promise<Int16Array<ArrayBuffer>> {
  const body = await readFile(file)
  const frames: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + body.readUInt32LE(at)
    frames.push(body.subarray(at + 4, end))
    at = end
  }
  const samples = new Uint8Array(Buffer.concat(frames))
  return new Int16Array(samples.buffer)
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('it did not happen within 10 s')
    await delay(5)
  }
}

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ambientEnvironment } from '../../src/config/index.ts'
import { wavFile } from '../../src/kernel/index.ts'
import { RECORDINGS } from '../../src/local/recordings/index.ts'
import { type Launcher, type Ready, startLauncher } from './launcher.ts'
import { STACK_START_TIMEOUT_MS } from './rig.ts'

const RECORDINGS_URL = new URL('../../src/local/recordings/', import.meta.url)
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

let folder = ''
let launcher: Launcher
let ready: Ready
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'))
  launcher = startLauncher(folder)
  ready = await launcher.ready
}, STACK_START_TIMEOUT_MS)
afterAll(async () => {
  await launcher[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}, 30_000)

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The command as a person types it, its output to pipes. */
function cli(...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...ambientEnvironment(), SYNC_URL: ready.api, SYNC_TOKEN: 'dev:ana' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    text.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    text.err += chunk
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...text })))
}

/** Ten seconds of a sound of its own, as the wearable's file; answers its path. */
async function encodeSound(seed: number): Promise<string> {
  const pcm = new Int16Array(160_000).map((_, at) => Math.round(9_000 * Math.sin((at * seed) / 40)))
  const wav = join(folder, `sound-${seed}.wav`)
  await writeFile(wav, wavFile(pcm))
  const start = `2026-0${seed}-01T08:00:00Z`
  const { code, out } = await cli('encode', wav, '--out', folder, '--start', start)
  expect(code).toBe(0)
  expect(out).toMatch(/audio_cli_pcm16_16000_1_\d+\.bin\n$/)
  return out.trim()
}

const recently = () => `audio_cli_pcm16_16000_1_${Math.floor(Date.now() / 1_000) - 60}.bin`

async function recording(seed: number): Promise<string> {
  const made = await encodeSound(seed)
  const path = join(folder, recently())
  await writeFile(path, await readFile(made))
  return path
}

async function speech(): Promise<string> {
  const path = join(
    folder,
    `audio_cli_opus_16000_1_fs320_${Math.floor(Date.now() / 1_000) - 600}.bin`,
  )
  await writeFile(path, await readFile(new URL('austen-unless.bin', RECORDINGS_URL)))
  return path
}

describe('the commands', { timeout: 60_000 }, () => {
  it('upload a recording, follow it to its end, and show the job to an operator', async () => {
    const uploaded = await cli('upload', await recording(3), '--json')
    expect(uploaded).toMatchObject({ code: 0 })
    const lines = uploaded.out.trim().split('\n')
    const first = JSON.parse(lines[0] ?? '')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ status: 'completed' })
    const jobId = String(first.job_id)

    const listed = await cli('jobs', 'list', '--state', 'completed')
    expect(listed.out).toContain(jobId)
    // Nothing but text where there is no terminal.
    expect(listed.out).not.toContain('\u001b[')
    const shown = await cli('jobs', 'show', jobId, '--json')
    expect(JSON.parse(shown.out)).toMatchObject({ job_id: jobId, has_outcome: true })
    expect((await cli('jobs', 'show', jobId)).out).toMatch(/finalized {2,}status=completed/)
    expect((await cli('watch', jobId)).out).toContain('completed')
  })

  it('end a waiting job by hand, with a reason that its timeline keeps', async () => {
    expect(await cli('chaos', 'pause', '--data', folder)).toMatchObject({ code: 0 })
    const { out } = await cli('upload', await recording(4), '--no-watch', '--json')
    const { job_id: jobId } = JSON.parse(out)
    expect((await cli('jobs', 'list')).out).toContain(jobId)
    const requeued = await cli('jobs', 'requeue', jobId, '--reason', 'to see it move')
    expect(requeued).toMatchObject({ code: 0, out: `${jobId} is queued\n` })
    const failed = await cli('jobs', 'fail', jobId, '--reason', 'a test')
    expect(failed).toMatchObject({ code: 0, out: `${jobId} is failed\n` })
    expect((await cli('jobs', 'show', jobId)).out).toMatch(/reason=a test/)
    const again = await cli('jobs', 'fail', jobId, '--reason', 'a test')
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('job_ended') })
    expect(await cli('chaos', 'resume', '--data', folder)).toMatchObject({ code: 0 })
    expect((await cli('reap', '--json')).out).toMatch(/"checked":\d+/)
  })

  it('make Redis forget and audio vanish: the job still ends, truthfully', async () => {
    await cli('chaos', 'pause', '--data', folder)
    const { out } = await cli('upload', await recording(5), '--no-watch', '--json')
    const { job_id: jobId } = JSON.parse(out)
    expect(await cli('chaos', 'flush', '--data', folder)).toMatchObject({ code: 0 })
    expect(await cli('chaos', 'expire-blobs', '--data', folder)).toMatchObject({ code: 0 })
    await cli('chaos', 'resume', '--data', folder)
    const watched = await cli('watch', jobId)
    expect(watched).toMatchObject({ code: 1 })
    expect(watched.out).toContain('failed sync_staged_audio_expired')
  })

  it('make speech-to-text answer 503: the job waits, and says what for', async () => {
    expect(await cli('chaos', 'stt-503', '--data', folder)).toMatchObject({ code: 0 })
    const { out } = await cli('upload', await speech(), '--no-watch', '--json')
    const { job_id: jobId } = JSON.parse(out)
    await expect
      .poll(async () => (await cli('jobs', 'show', jobId)).out, { timeout: 40_000 })
      .toContain('stt_upstream_error')
  })

  it('hurt the stack, which recovers by itself', async () => {
    const hurt = await cli('chaos', 'kill', '--data', folder)
    expect(hurt).toMatchObject({ code: 0, err: expect.stringContaining('By itself:') })
    expect((await launcher.restarted).service_pid).not.toBe(ready.service_pid)
    expect(await cli('chaos', 'kill', '--data', join(folder, 'nowhere'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('npm run local'),
    })
  })

  it.each([
    [['explode'], 2, "unknown command 'explode'"],
    [['jobs', 'lst'], 2, 'Did you mean list?'],
    [['jobs', 'fail', 'x'], 2, '--reason'],
    [['jobs', 'show', 'x'], 1, 'job_not_found'],
    [['jobs', 'list', '--limit', '1000'], 1, 'invalid_request'],
    [['jobs', 'list', '--url', 'http://127.0.0.1:9'], 1, 'does not answer'],
    [['jobs', 'list', '--url', 'nonsense'], 1, 'is no URL'],
    [['upload', 'recording.mp3'], 1, 'does not end in .bin'],
    [['encode', MAIN], 1, 'no WAV file'],
    [['chaos', 'drop', '--times', '0'], 2, 'from 1 to 1000'],
  ])('say what is wrong with %j', async (args, code, words) => {
    const ran = await cli(...args)
    expect(ran).toMatchObject({ code, err: expect.stringContaining(words) })
    expect(ran.err).not.toMatch(/\n {4}at /)
  })

  it('show and set what speech-to-text is told of a user', async () => {
    const set = await cli('preferences', 'set', '--language', 'EN-gb', '--word', 'Omi', 'omi')
    expect(set).toMatchObject({ code: 0, out: 'language    en-GB\nvocabulary  Omi\n' })
    expect((await cli('preferences', 'show', '--json')).out).toContain('"vocabulary":["Omi"]')
    const wrong = await cli('preferences', 'set', '--language', 'no tag')
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('400 invalid_language') })
  })

  it('list, show and delete a conversation of its user', async () => {
    const [kennedy] = RECORDINGS.filter(({ title }) => title === 'Ask not')
    if (!kennedy) throw new Error('the recording is there')
    const path = join(folder, `${kennedy.namePrefix}_${Math.floor(Date.now() / 1_000) - 3_000}.bin`)
    await writeFile(path, await readFile(kennedy.file))
    expect(await cli('upload', path)).toMatchObject({ code: 0 })
    const listed = JSON.parse((await cli('conversations', 'list', '--json')).out)
    const [{ id }] = listed.conversations
    expect((await cli('conversations', 'list')).out).toContain(id)
    expect((await cli('conversations', 'show', id)).out).not.toBe('')
    expect(await cli('conversations', 'delete', id)).toMatchObject({
      code: 0,
      out: `Deleted ${id}.\n`,
    })
    expect(await cli('conversations', 'show', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining('conversation_not_found'),
    })
    expect((await cli('conversations', 'list')).out).not.toContain(id)
  })

  it('help and complete', async () => {
    for (const args of [['--help'], ['jobs', '--help'], ['chaos', 'kill', '--help']]) {
      expect(await cli(...args)).toMatchObject({ code: 0, out: expect.stringContaining('Usage:') })
    }
    expect((await cli('complete', 'bash')).out).toContain('complete')
  })
})

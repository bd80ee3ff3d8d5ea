import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { createApiClient } from '../../../src/client/index.ts'
import { readEnv, toConfig } from '../../../src/config/index.ts'
import { canaryCheck, diagnose, silentRecording } from '../../../src/doctor/index.ts'
import { buildDoctor } from '../../../src/wiring/build-doctor.ts'
import { recordedBody, secondsAgo, stackForTests } from '../rig.ts'
import { PLANTS } from './plants.ts'
import { control, type Planted, passOfRecovery } from './ways.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** Passes come when a case asks for one, not in between. */
const stack = stackForTests({ recoveryIntervalMs: 600_000 })
beforeAll(() => passOfRecovery(stack.running))

const clock = systemClock()
const signal = AbortSignal.timeout(600_000)

/** All that falls short, by check. */
async function examine({ env = {}, taskToken, clockAheadMs = 0 }: Planted = {}) {
  const written = parseEnv(await readFile(stack.running.environmentFile, 'utf8'))
  const config = toConfig(readEnv({ ...written, ...env }))
  const ahead = { ...clock, now: () => clock.now() + clockAheadMs }
  const doctor = buildDoctor(config, { clock: ahead, taskToken })
  try {
    const { checks } = doctor
    const { findings } = await diagnose({ checks, clock, checkTimeoutMs: 15_000, signal })
    return findings.filter(({ verdict }) => verdict !== 'ok')
  } finally {
    await doctor.close()
  }
}

type Short = Awaited<ReturnType<typeof examine>>[number]
const codeOf = (finding: Short) =>
  finding.verdict === 'short' ? (finding.shortfalls[0]?.code ?? '') : null
const adviceOf = (finding: Short) =>
  finding.verdict === 'short'
    ? finding.shortfalls.map(({ mend }) => mend)
    : finding.verdict === 'unknown'
      ? [finding.mend]
      : []

function canary(recording = silentRecording(clock.now()), waitMs = 30_000) {
  const connection = { api: stack.running.api, authorization: 'Bearer dev:doctor', clock }
  const client = (signal: AbortSignal) => createApiClient({ ...connection, signal })
  return canaryCheck({ client, recording, clock, waitMs }).look(signal)
}

function cli(...args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [MAIN, 'doctor', ...args], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })))
}

describe('the doctor', { timeout: 60_000 }, () => {
  it('finds a local stack healthy, a job sent through all of it included', async () => {
    const { code, out } = await cli('--env-file', stack.running.environmentFile)
    expect(out).toMatch(/canary job\s+completed in/)
    expect(out).toContain('All 19 checks hold.')
    expect(code).toBe(0)
  })

  it.each(PLANTS)('sees $what, and nothing else, and says how to mend it', async (plant) => {
    const planted = await plant.plant(stack.running)
    try {
      const short = await examine(planted)
      const codes = Object.fromEntries(short.map((each) => [each.check, codeOf(each)]))
      expect(codes).toEqual(plant.short)
      expect(short.flatMap(adviceOf).join('\n')).toMatch(plant.mend)
    } finally {
      await planted.undo?.()
    }
  })

  it('finds nothing any more once all of it is undone', async () => {
    expect(await examine({ taskToken: stack.running.mintTaskToken() })).toEqual([])
  })

  it('sees a job that nobody runs, and takes it back', async () => {
    await control(stack.running, 'pause')
    try {
      const finding = await canary(undefined, 1_500)
      expect(finding).toMatchObject({
        verdict: 'short',
        shortfalls: [{ code: 'canary_stuck', must: expect.stringContaining('nobody runs it') }],
      })
      const jobId = /jobs show (\S+),/.exec(JSON.stringify(finding))?.[1]
      const headers = { authorization: 'Bearer dev:doctor' }
      const answer = await fetch(`${stack.running.api}/v2/sync-local-files/${jobId}`, { headers })
      expect(await answer.json()).toMatchObject({ reason_code: 'sync_cancelled' })
    } finally {
      await control(stack.running, 'resume')
    }
  })

  it('sees a job that fails, with its reason', async () => {
    const name = `audio_doctor_opus_16000_1_fs160_${secondsAgo(60)}.bin`
    const noise = new Uint8Array(4_000).fill(1)
    expect(await canary({ name, body: noise })).toMatchObject({
      verdict: 'short',
      found: expect.stringContaining('sync_invalid_audio'),
      shortfalls: [{ code: 'canary_failed' }],
    })
  })

  it('sends a recording of its caller where one is given', async () => {
    const name = `audio_doctor_opus_16000_1_fs320_${secondsAgo(60)}.bin`
    const body = await recordedBody('austen-unless')
    expect(await canary({ name, body })).toMatchObject({ verdict: 'ok' })
  })

  it('ends 1 when something falls short, with its findings as JSON', async () => {
    const elsewhere = ['--url', 'http://127.0.0.1:9', '--no-canary', '--json']
    const { code, out } = await cli('--env-file', stack.running.environmentFile, ...elsewhere)
    expect(code).toBe(1)
    const { healthy, findings } = JSON.parse(out)
    expect(healthy).toBe(false)
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'task endpoints', verdict: 'unknown' }),
    )
  })

  it('ends 2 without a sound configuration', async () => {
    expect((await cli('--no-canary')).code).toBe(2)
  })
})

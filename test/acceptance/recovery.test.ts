import { describe, expect, it } from 'vitest'
import type { Conversation, JobStatus } from '../../src/client/index.ts'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { LOCAL_NAMES, type Stack } from '../../src/local/stack/index.ts'
import { eventually, newUser, stagedObjects, startTestStack, type User } from './rig.ts'

/** Eighteen seconds of backoff, or fifteen of lease, and a whole run, on a busy machine. */
const RECOVERY_TIMEOUT_MS = 120_000

/** One of four transcripts is kept waiting at the store's door: the job is in its middle until then. */
function holdOneSegment(stack: Stack): void {
  stack.gcs.faults.add({ operation: 'create', prefix: 'transcripts/', delayMs: 600_000 })
}

async function follow(user: User, jobId: string, onStatus: (status: JobStatus) => void = () => {}) {
  const seen: JobStatus[] = []
  for await (const status of user.client.follow(jobId)) {
    seen.push(status)
    onStatus(status)
  }
  return seen
}

/** What a reader sees, without the ids, which are each user's own. */
function contentOf(conversations: readonly Conversation[]) {
  return conversations.map(({ id: _, ...content }) => content)
}

async function transcriptCount(stack: Stack): Promise<number> {
  const bucket = `${stack.gcs.endpoint}/storage/v1/b/${LOCAL_NAMES.dataBucket}/o?prefix=transcripts/`
  const page = (await (await fetch(bucket)).json()) as { items?: unknown[] }
  return page.items?.length ?? 0
}

describe.concurrent.each(['cloud_tasks', 'inline'] as const)(
  'a service killed in the middle, %s',
  (mode) => {
    it(
      'is followed by another that brings the job to the same conversations (I1, I4)',
      async () => {
        const restarts: number[] = []
        await using stack = await startTestStack({
          mode,
          // A summary comes after its conversation, whenever it comes.
          settings: { ENRICHMENT_PROVIDER: 'none' },
          recoveryIntervalMs: 1_000,
          onEvent: (event) => {
            if (event.kind === 'service_restarted') restarts.push(event.pid)
          },
        })
        const files = await loadDemoFiles(Date.now())
        const undisturbed = newUser(stack)
        await follow(undisturbed, await undisturbed.client.upload(files))
        const expected = contentOf(await undisturbed.client.conversations())
        expect(expected).toHaveLength(2)

        const user = newUser(stack)
        holdOneSegment(stack)
        const jobId = await user.client.upload(files)
        const firstPid = stack.servicePid()
        const seen = await follow(user, jobId, (status) => {
          if (status.processed_segments < 3 || stack.servicePid() !== firstPid) return
          stack.gcs.faults.clear()
          stack.killService()
        })

        expect(restarts).toEqual([stack.servicePid()])
        expect(stack.servicePid()).not.toBe(firstPid)
        expect(seen.at(-1)).toMatchObject({
          status: 'completed',
          attempt: 2,
          total_segments: 4,
          processed_segments: 4,
        })
        // What had landed stays landed: no poll takes anything back.
        const progress = seen.map((status) => status.processed_segments)
        expect(progress).toEqual(progress.toSorted((one, other) => one - other))
        expect(contentOf(await user.client.conversations())).toEqual(expected)
        expect(await transcriptCount(stack)).toBe(8)
        await eventually(
          () => stagedObjects(stack),
          (names) => names.length === 0,
        )
      },
      RECOVERY_TIMEOUT_MS,
    )
  },
)

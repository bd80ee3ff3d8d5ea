import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BucketStore, writeWhole } from './bucket-store.ts'
import { IncomingContents } from './incoming-contents.ts'
import { type BucketRecord, bucketRecordSchema } from './records.ts'

export interface StoredBucket {
  record: BucketRecord
  objects: BucketStore
}

/**
 * The server's folder: `buckets/NAME/` with `bucket.json` and `objects/`, `incoming/` for whatever
 * is not an object yet (emptied at open), `generation` for the highest number promised.
 * One process at a time.
 */
export class Disk {
  readonly #folder: string
  readonly #incomingFolder: string
  readonly #now: () => number
  readonly #nextGeneration: () => number
  readonly #buckets = new Map<string, StoredBucket>()

  constructor({ folder, now }: { folder: string; now: () => number }) {
    this.#folder = join(folder, 'buckets')
    this.#incomingFolder = join(folder, 'incoming')
    this.#now = now
    rmSync(this.#incomingFolder, { recursive: true, force: true })
    mkdirSync(this.#incomingFolder, { recursive: true })
    mkdirSync(this.#folder, { recursive: true })
    this.#nextGeneration = risingGenerations(folder, this.#incomingFolder, now)
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name, 'bucket.json')
      if (!existsSync(path)) continue
      this.#hold(bucketRecordSchema.parse(JSON.parse(readFileSync(path, 'utf8'))))
    }
  }

  bucket(name: string): StoredBucket | undefined {
    return this.#buckets.get(name)
  }

  bucketRecords(): BucketRecord[] {
    return [...this.#buckets.values()].map(({ record }) => record)
  }

  /** The name must be valid (it becomes a file name) and free. */
  createBucket(name: string, settings: Record<string, unknown> = {}): BucketRecord {
    const at = this.#now()
    const record = { name, metageneration: 1, createdAtMs: at, updatedAtMs: at, settings }
    mkdirSync(join(this.#folder, name), { recursive: true })
    this.#write(record)
    this.#hold(record)
    return record
  }

  updateBucket(bucket: StoredBucket, settings: Record<string, unknown>): BucketRecord {
    const metageneration = bucket.record.metageneration + 1
    bucket.record = { ...bucket.record, metageneration, updatedAtMs: this.#now(), settings }
    this.#write(bucket.record)
    return bucket.record
  }

  receive(): Promise<IncomingContents> {
    return IncomingContents.create(this.incomingPath())
  }

  incomingPath(): string {
    return join(this.#incomingFolder, randomUUID())
  }

  #write(record: BucketRecord): void {
    writeWhole(join(this.#folder, record.name, 'bucket.json'), this.#incomingFolder, record)
  }

  #hold(record: BucketRecord): void {
    const objects = new BucketStore({
      folder: join(this.#folder, record.name, 'objects'),
      incomingFolder: this.#incomingFolder,
      nextGeneration: this.#nextGeneration,
      now: this.#now,
    })
    this.#buckets.set(record.name, { record, objects })
  }
}

/**
 * Generations promised ahead in one write, in microseconds of clock time. Lower: the promise is
 * rewritten more often. Higher: generations run further ahead of the clock after a restart.
 */
const PROMISED_AHEAD = 60_000_000

/**
 * Microseconds since the epoch, as the service's generations look, but strictly rising whatever
 * the clock does and across restarts: it starts above everything a former process may have used.
 */
function risingGenerations(folder: string, incomingFolder: string, now: () => number) {
  const path = join(folder, 'generation')
  let promised = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
  let last = promised
  return () => {
    last = Math.max(last + 1, Math.floor(now() * 1_000))
    if (last >= promised) {
      promised = last + PROMISED_AHEAD
      writeWhole(path, incomingFolder, promised)
    }
    return last
  }
}

import { createHash } from 'node:crypto'
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Contents } from './incoming-contents.ts'
import { NameIndex, type NamePage, type PageQuery } from './name-index.ts'
import { type Attributes, type ObjectRecord, objectRecordSchema } from './records.ts'

/** Looks at the live object inside the commit and throws to refuse it. */
export type Guard = (live: ObjectRecord | undefined) => void

interface BucketStoreOptions {
  folder: string
  /** For metadata on its way to its name; same file system as `folder`. */
  incomingFolder: string
  nextGeneration: () => number
  now: () => number
}

/**
 * One bucket's objects: `KEY.json` says what an object is, `KEY.GENERATION` holds its bytes.
 * The rename of `KEY.json` is the commit: contents get their name before it and older contents go
 * after it, so a kill at any point leaves a whole object, old or new, and at worst a file that
 * nothing names, which the next open removes. Every change is one synchronous stretch: guard,
 * rename and index cannot interleave with another caller's. Nothing is fsynced: it survives a
 * killed process, not a power cut.
 */
export class BucketStore {
  readonly #options: BucketStoreOptions
  readonly #objects = new Map<string, ObjectRecord>()
  readonly #names: NameIndex

  constructor(options: BucketStoreOptions) {
    this.#options = options
    mkdirSync(options.folder, { recursive: true })
    const files = new Set(readdirSync(options.folder))
    const named = new Set<string>()
    for (const file of files) {
      if (!file.endsWith('.json')) continue
      const record = readRecord(join(options.folder, file))
      const contents = contentsFile(record)
      if (!files.has(contents)) throw new Error(`${options.folder}: ${contents} is missing`)
      this.#objects.set(record.name, record)
      named.add(file).add(contents)
    }
    for (const file of files) if (!named.has(file)) rmSync(join(options.folder, file))
    this.#names = new NameIndex([...this.#objects.keys()])
  }

  get(name: string): ObjectRecord | undefined {
    return this.#objects.get(name)
  }

  page(query: PageQuery): NamePage {
    return this.#names.page(query)
  }

  /** Makes `contents` the live object, a new generation. Throws what `guard` throws. */
  put(name: string, contents: Contents, attributes: Attributes, guard: Guard): ObjectRecord {
    const live = this.#objects.get(name)
    guard(live)
    const at = this.#options.now()
    const { path, size, crc32c, md5Hash } = contents
    const generation = this.#options.nextGeneration()
    const times = { createdAtMs: at, updatedAtMs: at }
    const sums = { size, crc32c, md5Hash }
    const record = { name, generation, metageneration: 1, ...sums, ...times, attributes }
    renameSync(path, this.contentsPath(record))
    this.#write(record)
    this.#names.add(name)
    if (live !== undefined) rmSync(this.contentsPath(live), { force: true })
    return record
  }

  /** Changes attributes only: same generation, next metageneration. */
  update(live: ObjectRecord, attributes: Attributes): ObjectRecord {
    const metageneration = live.metageneration + 1
    const record = { ...live, attributes, metageneration, updatedAtMs: this.#options.now() }
    this.#write(record)
    return record
  }

  remove(live: ObjectRecord): void {
    rmSync(join(this.#options.folder, `${fileKey(live.name)}.json`))
    this.#objects.delete(live.name)
    this.#names.remove(live.name)
    rmSync(this.contentsPath(live), { force: true })
  }

  /** A descriptor outlives an overwrite or delete that comes while the bytes are being sent. */
  openContents(live: ObjectRecord): number {
    return openSync(this.contentsPath(live), 'r')
  }

  contentsPath(record: ObjectRecord): string {
    return join(this.#options.folder, contentsFile(record))
  }

  #write(record: ObjectRecord): void {
    const file = `${fileKey(record.name)}.json`
    writeWhole(join(this.#options.folder, file), this.#options.incomingFolder, record)
    this.#objects.set(record.name, record)
  }
}

/** Writes JSON so that a reader sees the old file or the new one, never a part. */
export function writeWhole(path: string, incomingFolder: string, value: unknown): void {
  const temporary = join(incomingFolder, 'record.json')
  writeFileSync(temporary, JSON.stringify(value))
  renameSync(temporary, path)
}

function readRecord(path: string): ObjectRecord {
  return objectRecordSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
}

const contentsFile = (record: ObjectRecord) => `${fileKey(record.name)}.${record.generation}`

/**
 * A file name for any object name: a readable ending for people, a hash for identity, which also
 * keeps names apart that differ only by case or Unicode form. At most 145 bytes.
 */
function fileKey(name: string): string {
  const readable = name.replace(/[^A-Za-z0-9._-]+/g, '_').slice(-80)
  return `${readable}-${createHash('sha256').update(name).digest('hex')}`
}

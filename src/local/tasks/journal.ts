import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { MalformedRecordError } from '../../kernel/index.ts'
import {
  applyEvent,
  emptyState,
  type JournalEvent,
  journalEventSchema,
  snapshotEvents,
  type TasksState,
} from './records.ts'

const FILE = 'tasks.jsonl'

/**
 * What happened, a line an event, written before anybody is told: a killed server loses nothing it
 * answered for. Writes are not synced to the disk; a machine that loses power may lose the tail.
 */
export interface Journal {
  append(events: readonly JournalEvent[]): void
  close(): void
}

/** The state a former server left in the folder, empty for a new one. */
export function readJournal(folder: string): TasksState {
  const state = emptyState()
  const file = join(folder, FILE)
  if (!existsSync(file)) return state
  const lines = readFileSync(file, 'utf8').split('\n')
  // What follows the last newline is nothing, or the line a killed writer did not finish: it was
  // never answered for.
  lines.pop()
  lines.forEach((line, index) => {
    applyEvent(state, parseLine(line, index + 1))
  })
  return state
}

/** Starts a journal that holds this state and nothing else; the former one is whole until then. */
export function openJournal(folder: string, state: TasksState): Journal {
  mkdirSync(folder, { recursive: true })
  const draft = join(folder, `${FILE}.draft`)
  const fd = openSync(draft, 'w', 0o600)
  const append = (events: Iterable<JournalEvent>) => {
    let lines = ''
    for (const event of events) lines += `${JSON.stringify(event)}\n`
    writeWhole(fd, Buffer.from(lines))
  }
  append(snapshotEvents(state))
  renameSync(draft, join(folder, FILE))
  return { append, close: () => closeSync(fd) }
}

function parseLine(line: string, number: number): JournalEvent {
  try {
    return journalEventSchema.parse(JSON.parse(line))
  } catch (error) {
    throw new MalformedRecordError(`${FILE} line ${number}`, { cause: error })
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
}

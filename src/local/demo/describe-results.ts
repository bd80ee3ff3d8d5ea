import type { Conversation } from '../../client/index.ts'
import { toIso } from '../../kernel/index.ts'
import { wordErrorRate } from '../word-error-rate.ts'
import type { DemoFile } from './demo-files.ts'

const TEXT_WIDTH = 88

/** The conversations with their times and words, and under each how well it was heard. */
export function describeConversations(
  conversations: readonly Conversation[],
  files: readonly DemoFile[],
  isTranscribed: boolean,
): string {
  return conversations
    .map((conversation, index) => {
      const said = textSaid(conversation, files)
      return [
        `  Conversation ${index + 1}   ${timeOfDay(conversation.started_at)} - ${timeOfDay(conversation.finished_at)} UTC`,
        '',
        ...(isTranscribed ? describeSummary(conversation) : []),
        ...conversation.segments.flatMap((segment) =>
          wrap(segment.text, `    ${timeOfDay(segment.started_at)}  `),
        ),
        ...(isTranscribed ? ['', `    ${describeErrors(said, conversation.text)}`] : []),
        '',
      ].join('\n')
    })
    .join('\n')
}

/** What the second stage made of it; nothing where too little was said. */
function describeSummary({ title, overview, category, action_items }: Conversation): string[] {
  if (title === undefined) return []
  return [
    `    ${title}   (${category})`,
    ...(overview ? wrap(overview, '    ') : []),
    ...action_items.flatMap(({ description }) => wrap(description, '    to do: ')),
    '',
  ]
}

/** Over everything that was said and heard. */
export function describeTotal(
  conversations: readonly Conversation[],
  files: readonly DemoFile[],
): string {
  const said = files.map(({ recording }) => recording.text).join(' ')
  return describeErrors(said, conversations.map(({ text }) => text).join(' '))
}

function describeErrors(said: string, heard: string): string {
  const { errors, words, rate } = wordErrorRate(said, heard)
  const right = Math.max(0, words - errors)
  return `${right} of ${words} words right: word error rate ${(100 * rate).toFixed(0)} %`
}

/** The true words of the recordings that lie in the conversation's time. */
function textSaid(conversation: Conversation, files: readonly DemoFile[]): string {
  const { started_at: from, finished_at: to } = conversation
  return files
    .filter(({ startMs, recording }) => startMs < to && startMs + recording.seconds * 1_000 > from)
    .map(({ recording }) => recording.text)
    .join(' ')
}

function timeOfDay(epochMs: number): string {
  return toIso(epochMs).slice(11, 19)
}

/** Lines under one another, the first after its margin. */
function wrap(text: string, margin: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > TEXT_WIDTH) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each, index) =>
    index === 0 ? `${margin}${each}` : `${' '.repeat(margin.length)}${each}`,
  )
}

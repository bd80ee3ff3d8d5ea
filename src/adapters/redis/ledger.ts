import * as z from 'zod'
import {
  MalformedRecordError,
  REASON_CODES,
  type SegmentId,
  segmentIdSchema,
} from '../../kernel/index.ts'
import type { Ledger, SegmentMark } from '../../ports/index.ts'

const flatSchema = z.array(z.string())

/** @param flat field and value in turn; beside the marks `?unit` a suspect with its lone deaths, `~` what is in flight */
export function parseLedger(flat: unknown): Ledger {
  const fields = flatSchema.safeParse(flat)
  if (!fields.success) {
    throw new MalformedRecordError('a ledger came in an unknown shape', { cause: fields.error })
  }
  const marks = new Map<SegmentId, SegmentMark>()
  const suspects = new Map<string, number>()
  for (let i = 0; i + 1 < fields.data.length; i += 2) {
    const [field = '', value = ''] = fields.data.slice(i, i + 2)
    if (field.startsWith('?')) suspects.set(field.slice(1), z.coerce.number().int().parse(value))
    else if (field !== '~') {
      const mark = parseMark(field, value)
      marks.set(mark.segmentId, mark)
    }
  }
  return { marks, suspects }
}

/** A mark is `l`, `s`, or `f` with `:` and its reason code. */
const markSchema = z.object({
  letter: z.enum(['l', 's', 'f']),
  reasonCode: z.enum(REASON_CODES).optional(),
})
const VERDICTS = { l: 'landed', s: 'silent', f: 'failed' } as const

function parseMark(id: string, text: string): SegmentMark {
  const [letter, reasonCode] = text.split(':')
  const mark = markSchema.parse({ letter, reasonCode: reasonCode || undefined })
  const segmentId = segmentIdSchema.parse(id)
  const verdict = VERDICTS[mark.letter]
  return { segmentId, verdict, ...(mark.reasonCode ? { reasonCode: mark.reasonCode } : {}) }
}

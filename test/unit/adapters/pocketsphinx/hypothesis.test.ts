import { describe, expect, it } from 'vitest'
import { parseHypothesis } from '../../../../src/adapters/pocketsphinx/hypothesis.ts'

describe('parseHypothesis', () => {
  it('reads words with their times in milliseconds', () => {
    const line =
      'u7 S 0 T -8492746 A -7965696 L -527050 0 -371712 0 <s> 21 -203776 -257 he ' +
      '33 -377856 -136 was(2) 55 -364544 -524288 <sil> 61 -1494016 -512 young 74 -559104 -108 </s> 97'
    expect(parseHypothesis(line)).toEqual({
      id: 'u7',
      words: [
        { text: 'he', startMs: 210, endMs: 330 },
        { text: 'was', startMs: 330, endMs: 550 },
        { text: 'young', startMs: 610, endMs: 740 },
      ],
    })
  })

  it.each(['<sil>', '[SPEECH]', '[NOISE]', '++breath++', '</s>'])(
    'takes %s for no word',
    (filler) => {
      expect(parseHypothesis(`0 S 0 T 0 A 0 L 0 4 -1 -2 ${filler} 9`)?.words).toEqual([])
    },
  )

  it('reads an utterance in which nothing was heard', () => {
    expect(parseHypothesis('12 S 0 T 0 A 0 L 0 340')).toEqual({ id: '12', words: [] })
  })

  it.each([
    '',
    'ERROR: "batch.c", line 389',
    '0 S 0 T 0 A 0 L 0 21 -203776 he 33',
    '0 S 0 T 0 A 0',
  ])('takes %j for no answer', (line) => expect(parseHypothesis(line)).toBeUndefined())
})

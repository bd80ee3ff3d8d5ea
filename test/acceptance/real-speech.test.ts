import { describe, expect, it } from 'vitest'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { wordErrorRate } from '../../src/local/word-error-rate.ts'
import { newUser, STACK_START_TIMEOUT_MS, startTestStack } from './rig.ts'

describe('real speech', () => {
  it(
    'becomes mostly the words that were said, with their times, without any account',
    async ({ skip }) => {
      await using stack = await startTestStack({ speech: 'offline' })
      skip(stack.speech.provider !== 'offline', 'no recogniser can be had on this machine')
      const user = newUser(stack)
      const files = (await loadDemoFiles(Date.now())).slice(0, 2)
      const jobId = await user.client.upload(files)
      for await (const status of user.client.follow(jobId)) {
        expect(status.status).toMatch(/queued|processing|completed/)
      }
      const [conversation, ...others] = await user.client.conversations()
      expect(others).toEqual([])
      const said = files.map(({ recording }) => recording.text).join(' ')
      expect(wordErrorRate(said, conversation?.text ?? '').rate).toBeLessThan(0.5)
      expect(conversation?.segments.map(({ text }) => text).join('\n')).toBe(conversation?.text)
    },
    STACK_START_TIMEOUT_MS,
  )
})

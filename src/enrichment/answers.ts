import { type QueueAnswer, queueAnswer, queueAnswers } from '../jobs/index.ts'
import type { Conclusion } from './conclude.ts'

export const answers = {
  ...queueAnswers,
  /** It had ended before, or nobody wants it any more. */
  acked: (enrichment: string) => queueAnswer(200, 'acked', { enrichment }),
  of: answerOf,
} as const

function answerOf(conclusion: Conclusion): QueueAnswer {
  switch (conclusion.kind) {
    case 'ended': {
      const { verdict, reconciled, reasonCode } = conclusion
      const facts = { enrichment: verdict, ...(reasonCode ? { reason_code: reasonCode } : {}) }
      if (verdict === 'superseded') return queueAnswer(200, 'stale_revision')
      if (conclusion.final) return queueAnswer(200, 'failed_final', facts)
      return queueAnswer(200, 'done', { ...facts, ...(reconciled ? { reconciled } : {}) })
    }
    case 'snoozed':
    case 'continued':
      return queueAnswer(200, conclusion.kind, { generation: conclusion.generation })
    case 'requeued':
      return answers.retry(conclusion.error)
    case 'lease_lost':
      return answers.leaseLost()
  }
}

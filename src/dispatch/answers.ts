import { type QueueAnswer, queueAnswer, queueAnswers } from '../jobs/index.ts'
import type { Conclusion } from './conclude.ts'

export const answers = {
  ...queueAnswers,
  expired: () => queueAnswer(200, 'dropped', { reason: 'job_expired' }),
  acked: (status: string) => queueAnswer(200, 'acked', { job_status: status }),
  cleanupOwed: () => queueAnswer(500, 'terminal_cleanup_retry'),
  snoozed: (generation: number) => queueAnswer(200, 'snoozed', { generation }),
  done: (status: string, reconciled: boolean) =>
    queueAnswer(200, 'done', { job_status: status, ...(reconciled ? { reconciled } : {}) }),
} as const

/** The one table from what became of a job to the queue's language. */
export function answerOf(conclusion: Conclusion): QueueAnswer {
  switch (conclusion.kind) {
    case 'ended':
      if (!conclusion.settled) return answers.cleanupOwed()
      return conclusion.final
        ? queueAnswer(200, 'failed_final', { job_status: conclusion.outcome.status })
        : answers.done(conclusion.outcome.status, false)
    case 'snoozed':
      return answers.snoozed(conclusion.generation)
    case 'continued':
      return queueAnswer(200, 'continued', { generation: conclusion.generation })
    case 'requeued':
      return answers.retry(conclusion.error)
    case 'lease_lost':
      return answers.leaseLost()
  }
}

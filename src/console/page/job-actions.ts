import type { Api } from './api.ts'
import { askReason } from './dialogs.ts'
import { el } from './element.ts'
import { say } from './say.ts'

const ACTIONS = [
  {
    kind: 'requeue',
    label: 'Requeue…',
    title: 'Requeue this job',
    text: 'Queues it again as a new generation. Whoever works on it now is fenced; what landed stays landed.',
    isGrave: false,
  },
  {
    kind: 'fail',
    label: 'Fail…',
    title: 'Fail this job',
    text: 'Ends it now, for ever. What landed stays landed; the user’s app is invited to upload again.',
    isGrave: true,
  },
  {
    kind: 'cancel',
    label: 'Cancel…',
    title: 'Cancel this job',
    text: 'Ends it now, for ever, as its user would have done. What landed stays landed.',
    isGrave: true,
  },
] as const

/** Each asks for a reason, which the service writes into the job's timeline and its log. */
export function actionButtons(api: Api, jobId: string) {
  const all = ACTIONS.map(({ kind, label, title, text, isGrave }) => {
    const act = async (reason: string) => {
      await api.post(`/v2/admin/jobs/${encodeURIComponent(jobId)}/${kind}`, { reason })
      say(`${title}: done`)
      return undefined
    }
    const ask = () => void askReason({ title, text, deed: title, isGrave, act })
    return el('button', { type: 'button', disabled: true, onclick: ask }, label)
  })
  return {
    all,
    /** An end never changes: then there is nothing to do. */
    setActable: (isActable: boolean) => {
      for (const button of all) button.disabled = !isActable
    },
  }
}

import { messageOf } from './api.ts'
import { el, fill } from './element.ts'

interface Question {
  readonly title: string
  /** What will happen, and what will not. */
  readonly text: string
  /** On the button that does it. */
  readonly deed: string
  readonly isGrave?: boolean
  /** Answers what came of it, shown until it is closed; nothing closes at once. */
  readonly act: (reason: string) => Promise<string | undefined>
}

const MAX_REASON_LENGTH = 500

/** Asks for confirmation and for the reason that goes on the record. Resolves when it is closed. */
export async function askReason(question: Question): Promise<void> {
  const { title, text } = question
  const outcome = el('p', { class: 'outcome', role: 'status' })
  const reason = el('input', {
    id: 'reason',
    required: true,
    maxlength: MAX_REASON_LENGTH,
    autocomplete: 'off',
  })
  const buttons = el('div', { class: 'buttons' })
  const asking = el(
    'form',
    { class: 'stack' },
    el('p', { id: 'dialog-text' }, text),
    el('label', { for: 'reason' }, 'Reason, for the record'),
    reason,
    outcome,
    buttons,
  )
  const dialog = el(
    'dialog',
    { 'aria-labelledby': 'dialog-title', 'aria-describedby': 'dialog-text' },
    el('h2', { id: 'dialog-title' }, title),
    asking,
  )
  const closed = new Promise<void>((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve()
    })
  })
  const close = (label: string) =>
    el('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, label)
  const deed = el('button', { class: question.isGrave ? 'grave' : 'primary' }, question.deed)
  fill(buttons, close('Back'), deed)
  asking.addEventListener('submit', (event) => {
    event.preventDefault()
    void answer()
  })
  const answer = async () => {
    deed.disabled = true
    outcome.classList.remove('problem')
    outcome.textContent = 'Working …'
    try {
      const told = await question.act(reason.value.trim())
      if (told === undefined) return dialog.close()
      outcome.textContent = told
      reason.disabled = true
      const done = close('Close')
      fill(buttons, done)
      done.focus()
    } catch (error) {
      outcome.classList.add('problem')
      outcome.textContent = messageOf(error)
      deed.disabled = false
    }
  }
  document.body.append(dialog)
  dialog.showModal()
  reason.focus()
  return closed
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Whether somebody wants the process to end. From the first signal on later ones are swallowed, since
 * ending in good order takes seconds and people press Ctrl-C twice.
 */
export function onStopSignal(): { readonly signal: AbortSignal; readonly asked: Promise<void> } {
  const controller = new AbortController()
  const asked = new Promise<void>((resolve) => {
    for (const name of SIGNALS) {
      process.on(name, () => {
        controller.abort(new Error(`stopped by ${name}`))
        resolve()
      })
    }
  })
  return { signal: controller.signal, asked }
}

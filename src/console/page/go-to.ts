/** Shows the place of this address; the one that is shown already is drawn anew. */
export function goTo(hash: string): void {
  if (new URL(hash, location.href).hash === location.hash) {
    window.dispatchEvent(new HashChangeEvent('hashchange'))
  } else location.hash = hash
}

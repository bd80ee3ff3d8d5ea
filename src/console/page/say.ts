/** Tells those who listen to the page what changed. */
export function say(text: string): void {
  const place = document.getElementById('said')
  if (place) place.textContent = text
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/**
 * BCP-47 of what a server calls the language: OpenAI says `english`, others `en`. Undefined for a
 * name that is no language's.
 */
export function languageTag(name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined
  if (/^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(name)) return name
  const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })
  const wanted = name.toLowerCase()
  for (const first of LETTERS) {
    for (const second of LETTERS) {
      if (names.of(first + second)?.toLowerCase() === wanted) return first + second
    }
  }
  return undefined
}

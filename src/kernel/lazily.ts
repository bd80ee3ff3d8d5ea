/** Something that is made at its first use and kept. */
export interface Lazy<T> {
  /** The one made; a failure is forgotten, so that the next use tries again. */
  ready(): Promise<T>
  /** What was begun so far; undefined before the first use and after a failure. */
  begun(): Promise<T> | undefined
}

export function lazily<T>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined
  return {
    ready: () => {
      made ??= make().catch((error: unknown) => {
        made = undefined
        throw error
      })
      return made
    },
    begun: () => made,
  }
}

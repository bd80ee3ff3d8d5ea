/** A port of plain methods that can be replaced by a new one under everybody's hands. */
export function renewable<T extends object>(
  make: () => T,
): { readonly port: T; readonly renew: () => void } {
  let current = make()
  const port = Object.fromEntries(
    Object.keys(current).map((key) => [
      key,
      (...args: readonly unknown[]): unknown => {
        const member: unknown = Reflect.get(current, key)
        if (typeof member !== 'function') throw new Error(`${key} is no method`)
        return Reflect.apply(member, current, args)
      },
    ]),
  ) as T
  return {
    port,
    renew: () => {
      current = make()
    },
  }
}

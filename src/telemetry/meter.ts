/** What takes counts and measures where they are exported. Labels are words of closed sets. */
export interface Meter {
  count(name: string, by: number, labels: Readonly<Record<string, string>>): void
  /** One value of a distribution; the unit is the last word of the name. */
  observe(name: string, value: number, labels: Readonly<Record<string, string>>): void
}

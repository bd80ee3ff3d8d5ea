import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { FAULTS } from './faults.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

interface Claim {
  readonly file: string
  readonly text: string
}

/** Every name of a test, or of a group of tests, that says which faults it holds, by fault. */
function claimsByFault(): ReadonlyMap<number, readonly Claim[]> {
  const found = new Map<number, Claim[]>()
  for (const file of globSync('test/**/*.ts', { cwd: root }).sort()) {
    if (/quality\/faults/.test(file)) continue
    const source = readFileSync(`${root}${file}`, 'utf8')
    for (const [, , text = ''] of source.matchAll(
      /(['"`])((?:(?!\1|\n).)*\bF\d{1,2}\b(?:(?!\1|\n).)*)\1/g,
    )) {
      for (const [, number] of text.matchAll(/\bF(\d{1,2})\b/g)) {
        const claims = found.get(Number(number)) ?? []
        found.set(Number(number), [...claims, { file, text }])
      }
    }
  }
  return found
}

const claims = claimsByFault()
const rows = FAULTS.map((fault, at) => ({ number: at + 1, fault, held: claims.get(at + 1) ?? [] }))
const rowNames = rows.map(({ number, fault, held }) => {
  const [first] = held
  const where = first ? `${first.file}: ${first.text}` : 'nobody'
  const more = held.length > 1 ? ` (and ${held.length - 1} more)` : ''
  return { name: `F${number} ${fault} <- ${where}${more}`, held }
})

describe('every fault case is held by a named test', () => {
  for (const { name, held } of rowNames) {
    it(name, () => {
      expect(held.length).toBeGreaterThan(0)
    })
  }

  it('and no test names a fault that does not exist', () => {
    const known = new Set(rows.map(({ number }) => number))
    expect([...claims.keys()].filter((number) => !known.has(number))).toEqual([])
  })
})

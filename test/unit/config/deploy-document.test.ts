import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { VARIABLES, type Variable } from '../../../src/config/index.ts'

test('DEPLOY.md lists every variable with its default, and no other', () => {
  const document = readFileSync(new URL('../../../DEPLOY.md', import.meta.url), 'utf8')
  const rows = [...document.matchAll(/^\| `([A-Z0-9_]+)` \| ([^|]*) \|/gm)].map(
    ([, name, cell]) => [name, cell?.trim()],
  )
  const expected = Object.entries<Variable>(VARIABLES).map(([name, variable]) => [
    name,
    cellOf(variable),
  ])
  expect(rows).toEqual(expected)
})

function cellOf(variable: Variable): string {
  const value = variable.required
    ? 'required'
    : variable.default === undefined
      ? ''
      : `\`${variable.default}\``
  return `${value}${variable.secret ? ' (secret)' : ''}`.trim()
}

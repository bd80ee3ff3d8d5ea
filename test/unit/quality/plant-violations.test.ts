import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Findings,
  judge,
  PLANTS,
  type Plant,
  plantedFile,
  plantViolations,
} from '../../../infra/quality/plant-violations.ts'

const ROOT = join(import.meta.dirname, '../../..')
const LAWS_FILE = 'infra/quality/import-laws.cjs'

const plants: readonly Plant[] = [
  { law: 'no-looking-up', folder: 'src/jobs', target: 'src/http/index.ts' },
  { law: 'no-orphans', folder: 'src/jobs' },
]
const laws = ['no-looking-up', 'no-orphans']
const planted = plants.map(plantedFile)
const tree = ['src/main.ts', ...planted]
const seen: Findings = {
  cruised: tree,
  violations: plants.map((plant, index) => ({
    law: plant.law,
    from: plantedFile(plant, index),
    severity: 'error',
  })),
}

describe('judge', () => {
  it('finds nothing wrong where every plant is accused of its law', () => {
    expect(judge(laws, plants, tree, seen)).toEqual([])
  })

  it('names the law that stays silent, and what it let pass', () => {
    const findings = { ...seen, violations: seen.violations.slice(1) }
    expect(judge(laws, plants, tree, findings)).toEqual([
      'The law no-looking-up is silent: src/jobs may import src/http/index.ts.',
    ])
  })

  it('takes an accusation of another law, of another file or as a mere warning for silence', () => {
    const [first, ...rest] = seen.violations
    if (first === undefined) throw new Error('the fixture lost its violations')
    const others = [
      { ...first, law: 'no-orphans' },
      { ...first, from: 'src/main.ts' },
      { ...first, severity: 'warn' },
    ]
    for (const other of others) {
      const findings = { ...seen, violations: [other, ...rest] }
      expect(judge(laws, plants, tree, findings)).toHaveLength(1)
    }
  })

  it('demands a plant for every law', () => {
    expect(judge([...laws, 'a-new-law'], plants, tree, seen)).toEqual([
      'The law a-new-law has no planted violation.',
    ])
  })

  it('believes no tool that read nothing, or less than the tree', () => {
    const blind = judge(laws, plants, tree, { cruised: [], violations: seen.violations })
    expect(blind[0]).toBe('dependency-cruiser read no module at all.')
    const partly = { ...seen, cruised: planted }
    expect(judge(laws, plants, tree, partly)).toEqual([
      'dependency-cruiser did not read src/main.ts.',
    ])
  })
})

describe('plantViolations', () => {
  const roots: string[] = []
  afterEach(async () => {
    for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true })
  })

  /** The real tree under laws of one's own. */
  async function rootUnder(sabotage: (lawText: string) => string): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'sabotaged-laws-'))
    roots.push(root)
    for (const name of ['src', 'test', 'node_modules']) {
      await symlink(join(ROOT, name), join(root, name))
    }
    for (const name of ['package.json', 'tsconfig.json'])
      await cp(join(ROOT, name), join(root, name))
    await mkdir(join(root, 'infra/quality'), { recursive: true })
    const lawText = await readFile(join(ROOT, LAWS_FILE), 'utf8')
    const changed = sabotage(lawText)
    expect(changed).not.toBe(lawText)
    await writeFile(join(root, LAWS_FILE), changed)
    return root
  }

  // One whole cruise of the tree: seconds alone, more beside other suites.
  it('sees exactly the sabotaged laws fall silent, and all others hold', {
    timeout: 240_000,
  }, async () => {
    const root = await rootUnder((text) =>
      text
        .replace("npm('express')", "npm('expres')")
        .replace("path: '^src/(jobs|fair-use)/'", "path: '^src/(jobs|fair_use)/'")
        .replace(
          'forbidden: [',
          "forbidden: [law('unplanted', '', { path: '^x' }, { path: '^y' }),",
        ),
    )
    const silent = PLANTS.filter(
      ({ law, folder }) =>
        law === 'express-stays-in-http' ||
        (law === 'records-do-not-look-up' && folder === 'src/fair-use'),
    )
    expect(silent.length).toBeGreaterThan(10)
    expect(await plantViolations(root)).toEqual([
      'The law unplanted has no planted violation.',
      ...silent.map(
        ({ law, folder, target }) => `The law ${law} is silent: ${folder} may import ${target}.`,
      ),
    ])
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { readEnv, VARIABLES, type Variable } from '../../../src/config/index.ts'
import { readSharedNumbers, readTerraform, type Terraform } from './terraform.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

let terraform: Terraform
const expression = (text: string) => `\${${text}}`
beforeAll(async () => {
  terraform = await readTerraform()
})

/** Every distinct match of the first group. */
function named(pattern: RegExp, text = terraform.text): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort()
}

function one(type: string, name: string): unknown {
  return terraform.resources[type]?.[name]?.[0]
}

describe('the cloud as code', () => {
  it('names only variables, locals and resources that are declared, and uses every one', () => {
    expect(named(/\bvar\.(\w+)/g)).toEqual([...terraform.variables].sort())
    expect(named(/\blocal\.(\w+)/g)).toEqual(Object.keys(terraform.locals).sort())
    const used = named(/\b((?:data\.)?google_\w+\.\w+)/g)
    expect(used.filter((address) => !terraform.addresses.includes(address))).toEqual([])
  })

  it('shares each number with the default of the service variable of that name', () => {
    const defaults = Object.fromEntries(
      Object.keys(readSharedNumbers()).map((name) => [
        name,
        Number((VARIABLES as Record<string, Variable>)[name]?.default),
      ]),
    )
    expect(readSharedNumbers()).toEqual(defaults)
  })

  it('reads only numbers that are shared', () => {
    const shared = Object.keys(readSharedNumbers())
    expect(named(/local\.numbers\.(\w+)/g).filter((name) => !shared.includes(name))).toEqual([])
  })

  it('sets only variables that the service reads, and each that it demands', () => {
    const block = /environment = merge\(([\s\S]*?)\n {2}\)/.exec(terraform.text)?.[1]
    const set = named(/^\s+([A-Z][A-Z_]+)\s+= /gm, block)
    const secrets = named(/"([A-Z_]+)"/g, /secret_names = (.*)/.exec(terraform.text)?.[1])
    const all = [...set, ...secrets, ...Object.keys(readSharedNumbers())]
    expect(set.length).toBeGreaterThan(10)
    expect(all.filter((name) => !Object.hasOwn(VARIABLES, name))).toEqual([])
    const demanded = Object.entries<Variable>(VARIABLES).flatMap(([name, row]) =>
      row.required ? [name] : [],
    )
    expect(demanded.filter((name) => !all.includes(name))).toEqual([])
    const isSecret = (name: string) => (VARIABLES as Record<string, Variable>)[name]?.secret
    expect(set.filter(isSecret)).toEqual([])
    expect(secrets.filter((name) => !isSecret(name))).toEqual([])
    expect(readEnv({}).strays).toEqual([])
  })

  it('makes queues that stop at the last attempt the service knows of (F43)', () => {
    expect(one('google_cloud_tasks_queue', 'lane')).toMatchObject({
      retry_config: [
        {
          max_attempts: expression('local.numbers.SYNC_TASKS_MAX_ATTEMPTS'),
          min_backoff: `${expression('local.numbers.SYNC_TASKS_MIN_BACKOFF_SECONDS')}s`,
          max_backoff: `${expression('local.numbers.SYNC_TASKS_MAX_BACKOFF_SECONDS')}s`,
          max_doublings: expression('local.numbers.SYNC_TASKS_MAX_DOUBLINGS'),
          max_retry_duration: '0s',
        },
      ],
      stackdriver_logging_config: [{ sampling_ratio: 1 }],
    })
  })

  it('lets the queues hold no more requests than the instances take beside their users', () => {
    const variable = z.object({ default: z.number() })
    const values = ['max_instances', 'concurrency', 'fresh_share', 'backfill_share'].map((name) => {
      const declared = new RegExp(`variable "${name}" \\{[^}]*default\\s*=\\s*([\\d.]+)`)
      return variable.parse({ default: Number(declared.exec(terraform.text)?.[1]) }).default
    })
    const [instances = 0, concurrency = 0, fresh = 0, backfill = 0] = values
    const known = [VARIABLES.SERVICE_MAX_INSTANCES, VARIABLES.SERVICE_CONCURRENCY]
    expect([instances, concurrency]).toEqual(known.map((row) => Number(row.default)))
    const slots = instances * concurrency
    const dispatched = Math.floor(slots * fresh) + Math.floor(slots * backfill)
    expect(dispatched).toBeGreaterThan(0)
    expect(dispatched).toBeLessThanOrEqual(slots * 0.7)
  })

  it('keeps staged audio past every retry, and nothing of it after its deletion (I11)', () => {
    expect(one('google_storage_bucket', 'staging')).toMatchObject({
      uniform_bucket_level_access: true,
      public_access_prevention: 'enforced',
      soft_delete_policy: [{ retention_duration_seconds: 0 }],
      lifecycle_rule: [
        { condition: [{ age: expression('local.numbers.STAGING_RETENTION_DAYS') }] },
      ],
    })
  })

  it('never lets a lifecycle rule touch transcripts or day documents', () => {
    const data = z
      .object({ lifecycle_rule: z.array(z.object({ condition: z.unknown() })) })
      .parse(one('google_storage_bucket', 'data'))
    expect(data.lifecycle_rule.map((rule) => rule.condition)).toEqual([
      [expect.objectContaining({ matches_prefix: ['plans/', 'outcomes/', 'announced/'] })],
    ])
  })

  it('gives the service tokens of one account alone', () => {
    expect(one('google_service_account_iam_member', 'service_acts_as_invoker')).toMatchObject({
      service_account_id: expression('google_service_account.invoker.name'),
    })
    expect(terraform.text).not.toMatch(/google_project_iam_member[^}]*serviceAccountUser/)
    expect(terraform.text).not.toMatch(/roles\/(owner|editor)/)
  })

  it('never evicts a record, and never brings back an old one', () => {
    expect(one('google_redis_instance', 'store')).toMatchObject({
      redis_configs: { 'maxmemory-policy': 'noeviction' },
      persistence_config: [{ persistence_mode: 'DISABLED' }],
      auth_enabled: true,
    })
  })

  it('counts only events that the service writes, by fields they carry', () => {
    const source = readdirSync(new URL('../../../src/telemetry/', import.meta.url))
      .filter((name) => name.endsWith('events.ts'))
      .map((name) => read(`src/telemetry/${name}`))
      .join('\n')
    const counted = z
      .record(z.string(), z.array(z.string()))
      .parse(terraform.locals['counted_events'])
    const missing = Object.entries(counted).flatMap(([event, labels]) => [
      ...(source.includes(`name: '${event}'`) ? [] : [event]),
      ...labels.filter((label) => !new RegExp(`\\b${label}\\b`).test(source)),
    ])
    expect(missing).toEqual([])
  })

  it('plots and alerts on metrics that are counted', () => {
    const counted = z.record(z.string(), z.unknown()).parse(terraform.locals['counted_events'])
    const known = Object.keys(counted).flatMap((event) => [event, `${event}_sum`])
    const recovery = named(/"(\w+)"/g, /recovery_counts = (.*)/.exec(terraform.text)?.[1])
    known.push(...recovery.map((count) => `recovery_${count}_sum`))
    const plotted = named(/\$\{local\.user\}_(\w+)/g)
    expect(plotted.length).toBeGreaterThan(5)
    expect(plotted.filter((metric) => !known.includes(metric))).toEqual([])
  })

  it('sends whoever is woken to a symptom of the runbook', () => {
    const alerts = z.record(z.string(), z.object({ see: z.string() }))
    const symptoms = named(/^\| ([a-z][^|`]+) \|/gm, read('DEPLOY.md'))
    const seen = Object.values(alerts.parse(terraform.locals['alerts'])).map(({ see }) => see)
    expect(seen.filter((symptom) => !symptoms.includes(symptom.toLowerCase()))).toEqual([])
  })
})

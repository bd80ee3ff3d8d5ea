import { describe, expect, it } from 'vitest'
import { bytes, shortId, span, words } from '../../../src/console/page/format.ts'
import { mergeSamples, toLines } from '../../../src/console/page/load-lines.ts'
import { logsUrl } from '../../../src/console/page/logs-url.ts'
import { jobsHash, routeOf, searchHash } from '../../../src/console/page/routes.ts'

const JOB = '567c5cef-d0e6-4151-80c4-47439b6d9927'

describe('what the console writes', () => {
  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [5_240, '5.2 s'],
    [59_999, '60 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [7_200_000, '2 h'],
    [273_600_000, '3 d 4 h'],
    [-5, '0 ms'],
  ])('tells a span of %i ms as %s', (ms, told) => {
    expect(span(ms)).toBe(told)
  })

  it('tells sizes, names and ids as people read them', () => {
    expect([bytes(900), bytes(20_480), bytes(3_250_586)]).toEqual(['900 B', '20 KiB', '3.1 MiB'])
    expect(words('partial_failure')).toBe('partial failure')
    expect(shortId(JOB)).toBe('567c5cef')
  })

  it('asks Cloud Logging for one job of one project, quotes and all', () => {
    const url = new URL(logsUrl('a-project', JOB, '2026-01-01T00:00:00.000Z'))
    expect(url.hostname).toBe('console.cloud.google.com')
    expect(url.searchParams.get('project')).toBe('a-project')
    expect(decodeURIComponent(url.pathname)).toContain(`query=jsonPayload.jobId="${JOB}"`)
  })
})

describe('where one is in the console', () => {
  it('stands in the address, filters and page too', () => {
    expect(routeOf('')).toEqual({ view: 'overview' })
    expect(routeOf('#/')).toEqual({ view: 'overview' })
    expect(routeOf(`#/jobs/${JOB}`)).toEqual({ view: 'job', jobId: JOB })
    const query = new URLSearchParams({ state: 'failed', user: 'a/b&c=#d' })
    const route = routeOf(jobsHash(query))
    expect(route.view === 'jobs' && [...route.query]).toEqual([...query])
  })

  it('is found by a job or else by a user', () => {
    expect(searchHash(` ${JOB.toUpperCase()} `)).toBe(`#/jobs/${JOB}`)
    expect(searchHash('some user')).toBe('#/jobs?user=some+user')
    expect(searchHash(' ')).toBe('#/jobs')
  })
})

describe('the lines of the load', () => {
  const minute = (at: number, waiting = 1) => ({ at: at * 60_000, waiting, running: 2 })

  it('take each instant once, in order, and nothing older than asked', () => {
    const merged = mergeSamples(
      [minute(3), minute(1), minute(2)],
      [minute(4), minute(2, 7)],
      90_000,
    )
    expect(merged.map(({ at, waiting }) => [at / 60_000, waiting])).toEqual([
      [2, 7],
      [3, 1],
      [4, 1],
    ])
  })

  it('break where nobody looked instead of bridging it', () => {
    const lines = toLines([minute(1), minute(2), minute(9)])
    expect(lines.waiting).toEqual([1, 1, null, 1])
    expect(lines.seconds).toEqual([60, 120, 121, 540])
  })

  it('tell the age of the oldest job in minutes, and none as 0', () => {
    const oldest = { ...minute(10), oldestLiveAt: 3 * 60_000 }
    expect(toLines([oldest, minute(11)]).oldestMinutes).toEqual([7, 0])
  })
})

import { SECOND_MS } from '../../kernel/index.ts'
import type { CertificateInspector } from '../../ports/index.ts'
import { type Check, createCheck, unless } from '../finding.ts'

/** The keys by which tokens are judged can be had, and may be kept for a while. */
export function certificatesCheck(
  whose: 'tasks' | 'users',
  variable: string,
  inspector: CertificateInspector,
): Check {
  const { url } = inspector
  const mend = `let the service reach ${url} (${variable}); without it ${whose === 'tasks' ? 'deliveries answer 500' : 'uploads answer 503'} once the kept keys are a day old`
  return createCheck({
    name: `certificates of ${whose}`,
    must: `${url} answers`,
    mend,
    inspect: () => inspector.fetch(),
    judge: (answer) => {
      if (answer.kind === 'unreachable') {
        const must = `${url} serves certificates`
        return {
          found: answer.reason,
          shortfalls: [{ code: 'certificates_unreachable', must, mend }],
        }
      }
      const seconds = Math.round(answer.maxAgeMs / SECOND_MS)
      return {
        found: `${answer.keys} keys, fresh for ${seconds} s`,
        shortfalls: unless([
          answer.maxAgeMs > 0,
          {
            code: 'certificates_stale',
            must: 'the answer may be kept (Cache-Control max-age): else every minute costs a fetch',
            mend: `whatever serves ${url} must say how long its keys hold; a proxy between may have kept it too long`,
          },
        ]),
      }
    },
  })
}

import type { CertificateInspector } from '../../ports/index.ts'
import { type CertificateSource, fetchCertificates } from './certificate-fetch.ts'

/** Past every cache: what the endpoint answers now. */
export function createCertificateInspector(source: CertificateSource): CertificateInspector {
  return {
    url: source.url,
    fetch: async () => {
      const fetched = await fetchCertificates(source)
      if (fetched.kind === 'unreachable') return fetched
      return { kind: 'certificates', keys: fetched.pems.size, maxAgeMs: fetched.maxAgeMs }
    },
  }
}

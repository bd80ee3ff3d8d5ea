import { hash } from 'node:crypto'

/** Tokens whose signature held, so that a client's next poll with the same one costs no RSA. */
export interface ProvenSignatures {
  has(token: string, pem: string): boolean
  add(token: string, pem: string): void
}

/** An hour's tokens of that many users; some 100 bytes each. */
const MOST = 10_000

/**
 * Remembers that a signature held under a key, and nothing else about a token: issuer, audience and
 * times are judged anew each time, and a key that is no longer published proves nothing any more.
 * Tokens are kept as digests. The oldest give way.
 */
export function createProvenSignatures(most = MOST): ProvenSignatures {
  const proven = new Set<string>()
  const digestOf = (token: string, pem: string) => hash('sha256', `${token}\n${pem}`, 'base64')
  return {
    has: (token, pem) => proven.has(digestOf(token, pem)),
    add: (token, pem) => {
      proven.add(digestOf(token, pem))
      const [oldest] = proven
      if (proven.size > most && oldest !== undefined) proven.delete(oldest)
    },
  }
}

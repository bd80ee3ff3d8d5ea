import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'

/** A signer of tokens and the certificate by which they are judged, as Google publishes it. */
export interface TokenKey {
  readonly kid: string
  readonly privateKey: KeyObject
  /** X.509, self-made. */
  readonly certificatePem: string
  /** SPKI. */
  readonly publicPem: string
}

export type CertificateFault =
  | { readonly kind: 'status'; readonly status: number }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Good headers, half a body, then silence. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'html-200' }
  | { readonly kind: 'redirect'; readonly location: string }
  /** Any body under the right content type. */
  | { readonly kind: 'json'; readonly body: string }

export interface CertificateServer {
  readonly url: string
  /** Fetches that arrived, whatever they met. */
  readonly fetches: number
  /** Of these, those whose client went away before the answer was whole. */
  readonly abandoned: number
  /** Armed until set to undefined. */
  fault: CertificateFault | undefined
  /** Response headers of a good answer. */
  headers: Record<string, string>
  publish(...keys: readonly TokenKey[]): void
  /** Refuses connections from then on. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export function newTokenKey(kid: string = randomUUID()): TokenKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const publicDer = publicKey.export({ type: 'spki', format: 'der' })
  return {
    kid,
    privateKey,
    certificatePem: selfSignedCertificate(publicDer, privateKey),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/** A JWT; `header` and `claims` go in as they are, RS256 and the key's id unless said otherwise. */
export function mintToken(
  key: TokenKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${segment({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header })}.${segment(claims)}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key.privateKey).toString('base64url')}`
}

/** Serves the published keys as `{kid: pem}` on a free port, on any path. */
export async function startCertificateServer(
  ...keys: readonly TokenKey[]
): Promise<CertificateServer> {
  let published = keys
  let fetches = 0
  let abandoned = 0
  const server = createServer((_req, res) => {
    fetches += 1
    res.once('close', () => {
      if (!res.writableFinished) abandoned += 1
    })
    const body = Object.fromEntries(published.map((key) => [key.kid, key.certificatePem]))
    answer(res, front.fault, front.headers, JSON.stringify(body))
  })
  const port = await listen(server)
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const front: CertificateServer = {
    url: `http://127.0.0.1:${port}/certs`,
    get fetches() {
      return fetches
    },
    get abandoned() {
      return abandoned
    },
    fault: undefined,
    headers: { 'cache-control': 'public, max-age=3600, must-revalidate' },
    publish: (...next) => {
      published = next
    },
    close,
    [Symbol.asyncDispose]: close,
  }
  return front
}

function answer(
  res: ServerResponse,
  fault: CertificateFault | undefined,
  headers: Record<string, string>,
  body: string,
): void {
  const json = { 'content-type': 'application/json; charset=UTF-8', ...headers }
  if (fault === undefined) res.writeHead(200, json).end(body)
  else if (fault.kind === 'status') res.writeHead(fault.status, json).end(body)
  else if (fault.kind === 'stall') res.writeHead(200, json).write(body.slice(0, 40))
  else if (fault.kind === 'json') res.writeHead(200, json).end(fault.body)
  else if (fault.kind === 'redirect') res.writeHead(302, { location: fault.location }).end()
  else if (fault.kind === 'html-200') {
    res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in to the network</html>')
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return address.port
}

/** The least X.509 (version 1) that is one: Node signs, but builds no certificates. */
function selfSignedCertificate(publicDer: Buffer, privateKey: KeyObject): string {
  const der = (tag: number, ...parts: readonly Buffer[]) => {
    const content = Buffer.concat(parts)
    const size = content.length
    const length = size < 128 ? [size] : [0x82, size >> 8, size & 0xff]
    return Buffer.concat([Buffer.from([tag, ...length]), content])
  }
  const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts)
  const sha256WithRsa = sequence(
    Buffer.from([0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b]),
    Buffer.from([0x05, 0]),
  )
  const commonName = sequence(
    Buffer.from([0x06, 3, 0x55, 4, 3]),
    der(0x0c, Buffer.from('test signer')),
  )
  const name = sequence(der(0x31, commonName))
  const validity = sequence(
    der(0x17, Buffer.from('200101000000Z')),
    der(0x17, Buffer.from('491231235959Z')),
  )
  const serial = Buffer.from([0x02, 1, 1])
  const signed = sequence(serial, sha256WithRsa, name, validity, name, publicDer)
  const signature = der(0x03, Buffer.from([0]), sign('RSA-SHA256', signed, privateKey))
  const base64 = sequence(signed, sha256WithRsa, signature).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

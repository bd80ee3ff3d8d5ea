import type { KeyObject } from 'node:crypto'
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  /** Public key, SPKI PEM; google-auth-library takes it where Google serves a certificate. */
  readonly publicPem: string
}

const KEY_FILE = 'signing-keys.json'
const keyFileSchema = z.array(z.string().startsWith('-----BEGIN PRIVATE KEY-----')).min(1)

/** Newest key first; without a folder the keys live as long as the process. */
export function loadSigningKeys(folder: string | undefined): readonly SigningKey[] {
  const file = folder === undefined ? undefined : join(folder, KEY_FILE)
  if (file !== undefined && existsSync(file)) {
    const pems = keyFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    return pems.map((pem) => signingKey(createPrivateKey(pem)))
  }
  const keys = [newSigningKey()]
  saveSigningKeys(folder, keys)
  return keys
}

export function newSigningKey(): SigningKey {
  return signingKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
}

/** Written beside and renamed: a killed writer leaves the old file whole. */
export function saveSigningKeys(folder: string | undefined, keys: readonly SigningKey[]): void {
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  const pems = keys.map((key) => key.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const draft = join(folder, `${KEY_FILE}.draft`)
  writeFileSync(draft, JSON.stringify(pems), { mode: 0o600 })
  renameSync(draft, join(folder, KEY_FILE))
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return {
    kid: createHash('sha256').update(der).digest('hex').slice(0, 40),
    privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/**
 * Durable objects with preconditions. Names are our own (kernel `objectNames`). Every method throws
 * `UnavailableError('gcs')` when the store cannot be asked or its answer proves nothing; a method
 * that returns has been told so by the store.
 */
export interface ObjectStore {
  /**
   * Creates `name` only if no live object has it. `exists` means somebody already did: read it back
   * and go on with theirs. Retried inside on 5xx and cut connections; a lost reply ends as `exists`.
   */
  create(name: string, body: ObjectBody, options: CreateOptions): Promise<CreateResult>

  /**
   * The same for a body too large to hold; not retried. When the source fails or `signal` aborts,
   * the upload is abandoned and no object comes to exist.
   */
  createFromStream(
    name: string,
    source: AsyncIterable<Uint8Array>,
    options: Omit<CreateOptions, 'crc32c'>,
  ): Promise<CreateResult>

  /** A whole small object with its generation; undefined when the store said there is none. */
  read(name: string, signal?: AbortSignal): Promise<StoredObject | undefined>

  /**
   * The bytes in order, of one generation: a body that is cut or stalls goes on from there. Throws
   * `ObjectMissingError`, or `UnavailableError` when that does not help.
   * The end proves nothing by itself: the caller compares size and crc32c (F61).
   */
  openRead(name: string, signal?: AbortSignal): AsyncIterable<Uint8Array>

  /** Size and checksum without the body; undefined when the store said there is none. */
  stat(name: string, signal?: AbortSignal): Promise<ObjectFacts | undefined>

  /** Writes only if the live generation is the one given (0: none). The compare-and-swap. */
  replace(
    name: string,
    bytes: Uint8Array,
    options: {
      readonly ifGeneration: string
      readonly contentType: string
      readonly signal?: AbortSignal
    },
  ): Promise<
    { readonly kind: 'written'; readonly generation: string } | { readonly kind: 'conflict' }
  >

  /** Deleting what is not there is success. */
  delete(name: string, signal?: AbortSignal): Promise<void>

  /** Names by lexical order under `prefix`, after `startAfter`; at most `limit`. */
  list(
    prefix: string,
    options: {
      readonly startAfter?: string
      readonly limit: number
      readonly signal?: AbortSignal
    },
  ): Promise<readonly ListedObject[]>
}

/** All of it at once; in pieces where it was never in one. */
export type ObjectBody = Uint8Array | readonly Uint8Array[]

export interface CreateOptions {
  readonly contentType: string
  /** Base64 CRC32C sent along, so that the store itself refuses a damaged body. */
  readonly crc32c?: string
  readonly signal?: AbortSignal
}

export type CreateResult = 'created' | 'exists'

export interface ObjectFacts {
  readonly sizeBytes: number
  /** Base64 CRC32C. */
  readonly crc32c: string
  readonly generation: string
}

export interface StoredObject {
  readonly bytes: Uint8Array
  readonly generation: string
}

export interface ListedObject {
  readonly name: string
  /** Epoch ms. */
  readonly createdAt: number
}

/** The store said there is no such object: proof, unlike `UnavailableError`. */
export class ObjectMissingError extends Error {
  override name = 'ObjectMissingError'
}

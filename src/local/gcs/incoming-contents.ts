import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { crc32c } from '@node-rs/crc32'

export interface Contents {
  /** Where the bytes rest until an object takes them over by rename. */
  path: string
  size: number
  /** base64 of the four big-endian bytes. */
  crc32c: string
  md5Hash: string
}

/** Bytes on their way in: appended to a file and hashed as they come, so that memory stays flat. */
export class IncomingContents implements AsyncDisposable {
  readonly #path: string
  readonly #file: FileHandle
  readonly #md5 = createHash('md5')
  #crc32c = 0
  #isOpen = true
  size = 0

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  static async create(path: string): Promise<IncomingContents> {
    return new IncomingContents(path, await open(path, 'wx'))
  }

  async append(chunk: Buffer): Promise<void> {
    await this.#file.appendFile(chunk)
    this.#crc32c = crc32c(chunk, this.#crc32c)
    this.#md5.update(chunk)
    this.size += chunk.length
  }

  /** No more bytes. Call once. */
  async seal(): Promise<Contents> {
    await this.#close()
    const crc = Buffer.alloc(4)
    crc.writeUInt32BE(this.#crc32c)
    return {
      path: this.#path,
      size: this.size,
      crc32c: crc.toString('base64'),
      md5Hash: this.#md5.digest('base64'),
    }
  }

  /** Leaves nothing behind; harmless once an object has taken the file over. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    await rm(this.#path, { force: true })
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#file.close()
  }
}

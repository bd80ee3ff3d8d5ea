import { invalid } from './answer.ts'

const HEAD_LIMIT_BYTES = 1024 * 1024

/**
 * Reads `multipart/related` as uploads use it: a JSON part, then the contents, whose length nobody
 * announces. Contents are yielded as they arrive. A body that stops before its closing delimiter
 * throws, however politely the connection ended: a cut upload must not pass for a short one.
 */
export class MultipartReader {
  readonly #source: AsyncGenerator<Buffer>
  readonly #delimiter: Buffer
  #held: Buffer

  constructor(source: AsyncGenerator<Buffer>, contentType: string | undefined) {
    const boundary = /boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '')
    if (boundary === null) throw invalid('Multipart body has no boundary.')
    this.#source = source
    this.#delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`)
    // The first delimiter has no line break of its own; lent one, it is found like the others.
    this.#held = Buffer.from('\r\n')
  }

  async readMetadata(): Promise<string> {
    await this.#take(this.#delimiter)
    await this.#take(PART_HEAD_END)
    return (await this.#take(this.#delimiter)).toString('utf8')
  }

  /** Content type the second part names for itself. */
  async readContentsHead(): Promise<string | undefined> {
    const head = (await this.#take(PART_HEAD_END)).toString('latin1')
    return /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1]
  }

  async *contents(): AsyncGenerator<Buffer> {
    for (;;) {
      const end = this.#held.indexOf(this.#delimiter)
      if (end >= 0) {
        if (end > 0) yield this.#held.subarray(0, end)
        this.#held = this.#held.subarray(end + this.#delimiter.length)
        break
      }
      // The tail may be the beginning of a delimiter.
      const sure = this.#held.length - this.#delimiter.length + 1
      if (sure > 0) {
        yield this.#held.subarray(0, sure)
        this.#held = this.#held.subarray(sure)
      }
      await this.#pull()
    }
    while (this.#held.length < 2) await this.#pull()
    if (this.#held.toString('latin1', 0, 2) !== '--') throw invalid('Expected two parts.')
  }

  async #take(marker: Buffer): Promise<Buffer> {
    for (;;) {
      const end = this.#held.indexOf(marker)
      if (end >= 0) {
        const taken = this.#held.subarray(0, end)
        this.#held = this.#held.subarray(end + marker.length)
        return taken
      }
      if (this.#held.length > HEAD_LIMIT_BYTES) throw invalid('Multipart head is too large.')
      await this.#pull()
    }
  }

  async #pull(): Promise<void> {
    const next = await this.#source.next()
    if (next.done === true) throw invalid('Multipart body ended before its closing delimiter.')
    this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value])
  }
}

const PART_HEAD_END = Buffer.from('\r\n\r\n')

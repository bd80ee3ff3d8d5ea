/** Object names in the service's order: by their UTF-8 bytes. In memory; holds no contents. */
export class NameIndex {
  readonly #names: string[]

  constructor(names: readonly string[] = []) {
    this.#names = [...names].sort(compareNames)
  }

  add(name: string): void {
    const at = this.#firstFrom(name)
    if (this.#names[at] !== name) this.#names.splice(at, 0, name)
  }

  remove(name: string): void {
    const at = this.#firstFrom(name)
    if (this.#names[at] === name) this.#names.splice(at, 1)
  }

  /** One page, items and collapsed prefixes counted together. `nextStart` is absent on the last. */
  page(query: PageQuery): NamePage {
    const { prefix, delimiter, endOffset, maxResults } = query
    const page: NamePage = { items: [], prefixes: [] }
    let at = this.#firstFrom(query.start, prefix)
    let next = ''
    for (let name = this.#names[at]; name?.startsWith(prefix); name = this.#names[at]) {
      if (endOffset !== undefined && compareNames(name, endOffset) >= 0) break
      if (page.items.length + page.prefixes.length >= maxResults) {
        return { ...page, nextStart: next }
      }
      const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
      if (cut < 0) {
        page.items.push(name)
        next = `${name}\u0000`
        at += 1
      } else {
        const collapsed = name.slice(0, cut + delimiter.length)
        page.prefixes.push(collapsed)
        next = `${collapsed}\u{10FFFF}`
        at = this.#firstFrom(next)
      }
    }
    return page
  }

  /** Position of the first name at or after every bound. */
  #firstFrom(...bounds: string[]): number {
    let low = 0
    let high = this.#names.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const name = this.#names[middle] ?? ''
      if (bounds.some((bound) => compareNames(name, bound) < 0)) low = middle + 1
      else high = middle
    }
    return low
  }
}

export interface PageQuery {
  /** Names sort at or after this; an earlier page's `nextStart` continues it. */
  start: string
  prefix: string
  /** Empty: no collapsing. */
  delimiter: string
  /** Names sort before this. */
  endOffset: string | undefined
  maxResults: number
}

export interface NamePage {
  items: string[]
  prefixes: string[]
  nextStart?: string
}

/** UTF-8 byte order on JavaScript strings: surrogates sort above the rest of the basic plane. */
function compareNames(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at += 1) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800
  return unit >= 0xd800 ? unit + 0x2000 : unit
}

import { readdirSync, readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { extname } from 'node:path'

/** How the page proves an operator: Google's redirect where a client id of ours is the audience. */
export interface SignIn {
  /** Audience of operators' tokens; public, as client ids are. */
  readonly audience: string | undefined
  /** Takes `dev:<name>`. */
  readonly isLocal: boolean
}

export interface PageFile {
  readonly type: 'html' | 'css' | 'js' | 'svg' | 'json'
  readonly body: string
}

export interface Console {
  /** @param path of the URL, `/console` or below it */
  find(path: string): PageFile | undefined
}

const PAGE = new URL('./page/', import.meta.url)
const TYPES: Readonly<Record<string, PageFile['type']>> = {
  '.html': 'html',
  '.css': 'css',
  '.svg': 'svg',
  '.ts': 'js',
}

/** Read at the first look, kept from then on: most instances never show it. */
export function createConsole(signIn: SignIn): Console {
  let files: ReadonlyMap<string, PageFile> | undefined
  return {
    find: (path) => {
      files ??= readPage(signIn)
      return files.get(path === '/console' ? '/console/' : path)
    },
  }
}

function readPage({ audience, isLocal }: SignIn): ReadonlyMap<string, PageFile> {
  const chart = (file: string) =>
    readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${file}`), 'utf8')
  const files = new Map<string, PageFile>([
    ['/console/uplot.js', { type: 'js', body: chart('uPlot.esm.js') }],
    ['/console/uplot.css', { type: 'css', body: chart('uPlot.min.css') }],
    [
      '/console/sign-in.json',
      { type: 'json', body: JSON.stringify({ audience: audience ?? null, is_local: isLocal }) },
    ],
  ])
  for (const name of readdirSync(PAGE)) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const text = readFileSync(new URL(name, PAGE), 'utf8')
    const body = type === 'js' ? toScript(text) : text
    files.set(`/console/${name === 'index.html' ? '' : name}`, { type, body })
  }
  return files
}

/** What the page imports by a package's name, a browser finds beside it. */
function toScript(text: string): string {
  return withoutWarning(() => stripTypeScriptTypes(text)).replace(
    /from 'uplot'$/m,
    "from './uplot.js'",
  )
}

/** Node says once a process that its function may change; an operator can do nothing about it. */
function withoutWarning<T>(work: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return work()
  } finally {
    process.emitWarning = emitWarning
  }
}

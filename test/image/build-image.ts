import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildContext } from './build-context.ts'
import {
  environmentOf,
  execForm,
  readDockerfile,
  type Stage,
  type Step,
} from './read-dockerfile.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))

/** Who `node` of the base image is: 1000. Without the right to become somebody else, ourselves. */
const isRoot = process.getuid?.() === 0
const NODE_USER = isRoot
  ? { uid: 1_000, gid: 1_000 }
  : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

/** What the last stage would start, and where it lies on this machine. */
export interface Image {
  readonly root: string
  readonly workdir: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly user: { readonly uid: number; readonly gid: number } | undefined
}

export interface ImageOptions {
  /** An empty one; every stage gets a folder in it, which stands for its root. */
  readonly folder: string
  /** For `RUN`: PATH first of all. */
  readonly env: Readonly<Record<string, string>>
  /** Does not run a command but stands in for it; undefined runs it. */
  readonly standIn?: (command: string, cwd: string) => boolean
  readonly say: (line: string) => void
}

interface Place {
  readonly stage: Stage
  readonly root: string
  workdir: string
  user: Image['user']
}

/**
 * Carries out the Dockerfile's steps in folders: COPY as the engine copies, RUN in a shell, USER by
 * number. What an engine adds is not there: the base image's own files, layers, isolation. So `node`
 * is the one that runs this, and a path or an account that the image would have is put in its place.
 * @throws Error when a step fails, or is of a kind that is not known here
 */
export async function buildImage(options: ImageOptions): Promise<Image> {
  const places: Place[] = []
  for (const [at, stage] of readDockerfile().entries()) {
    const root = join(options.folder, stage.name ?? `stage-${at}`)
    const place: Place = { stage, root, workdir: '/', user: undefined }
    mkdirSync(root, { recursive: true })
    places.push(place)
    for (const step of stage.steps) await carryOut(step, place, places, options)
  }
  const last = places.at(-1)
  const command = last?.stage.steps.findLast(({ keyword }) => keyword === 'CMD')
  if (last === undefined || command === undefined) throw new Error('nothing is started')
  return {
    root: last.root,
    workdir: join(last.root, last.workdir),
    command: execForm(command),
    env: here(last, environmentOf(last.stage)),
    user: last.user,
  }
}

async function carryOut(
  step: Step,
  place: Place,
  places: readonly Place[],
  options: ImageOptions,
): Promise<void> {
  options.say(`${step.keyword} ${step.text}`)
  switch (step.keyword) {
    case 'WORKDIR':
      place.workdir = posix.resolve(place.workdir, step.args[0] ?? '/')
      mkdirSync(join(place.root, place.workdir), { recursive: true })
      return
    case 'USER':
      place.user = NODE_USER
      return
    case 'COPY':
      return copy(step, place, places)
    case 'RUN':
      return run(step, place, options)
    case 'ENV':
    case 'EXPOSE':
    case 'CMD':
      return
    default:
      throw new Error(`a step of an unknown kind: ${step.keyword}`)
  }
}

/** Of a folder its contents are copied, not itself. */
function copy({ args, flags }: Step, place: Place, places: readonly Place[]): void {
  const other = places.find(({ stage }) => stage.name === flags['from'])
  if (flags['from'] !== undefined && other === undefined) throw new Error(`no ${flags['from']}`)
  const from = other?.root ?? repository
  const sent = other ? undefined : buildContext(repository)
  const target = args.at(-1) ?? ''
  const to = join(place.root, posix.resolve(place.workdir, target))
  for (const source of args.slice(0, -1)) {
    const path = join(from, source)
    const files = sent?.filter((file) => file === source || file.startsWith(`${source}/`))
    if (files?.length === 0 || !existsSync(path)) throw new Error(`nothing to copy at ${source}`)
    const intoFolder = target.endsWith('/') && !statSync(path).isDirectory()
    if (files === undefined) cpSync(path, intoFolder ? join(to, source) : to, { recursive: true })
    for (const file of files ?? []) {
      const rest = file.slice(source.length)
      const end = rest === '' ? (intoFolder ? join(to, source) : to) : join(to, rest)
      const isTheirs = flags['chown'] !== undefined && isRoot
      makeFolder(dirname(end), isTheirs)
      cpSync(join(from, file), end)
      if (isTheirs) chownSync(end, NODE_USER.uid, NODE_USER.gid)
    }
  }
}

/** With those above it that are missing: all of them get the owner of what is copied. */
function makeFolder(folder: string, isTheirs: boolean): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder), isTheirs)
  mkdirSync(folder)
  if (isTheirs) chownSync(folder, NODE_USER.uid, NODE_USER.gid)
}

async function run({ text }: Step, place: Place, options: ImageOptions): Promise<void> {
  const cwd = join(place.root, place.workdir)
  if (options.standIn?.(text, cwd)) return
  const command = text
    .replaceAll('node:node', `${NODE_USER.uid}:${NODE_USER.gid}`)
    .replaceAll(/(?<=^|\s)\/app(?=\/|\s|$)/g, cwd)
  const home = join(place.root, 'home')
  mkdirSync(home, { recursive: true })
  if (place.user) chownSync(home, place.user.uid, place.user.gid)
  const child = spawn('/bin/sh', ['-c', command], {
    cwd,
    env: { ...options.env, ...here(place, environmentOf(place.stage)), HOME: home },
    stdio: ['ignore', 'inherit', 'inherit'],
    ...place.user,
  })
  const [code, signal] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${text} ended with ${code ?? signal}`)
}

/** Paths of the image, as they are on this machine. */
function here(place: Place, env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      return [name, value.startsWith('/') ? join(place.root, value) : value]
    }),
  )
}

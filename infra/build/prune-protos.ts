/** A namespace, message, enumeration or service as protobuf.js writes it as JSON. */
export interface ProtoNode {
  readonly nested?: Readonly<Record<string, ProtoNode>>
  /** A message's, by name. */
  readonly fields?: Readonly<Record<string, { readonly type: string; readonly keyType?: string }>>
  /** A service's, by name. */
  readonly methods?: Readonly<
    Record<string, { readonly requestType: string; readonly responseType: string }>
  >
  readonly values?: unknown
  /** Of an extension: the type it extends. */
  readonly extend?: string
}

/**
 * The services named and every type that their messages are made of, as they were; all else is left
 * out, extensions too. What is read whenever a client is made is a tenth of it then.
 * @param services full names, e.g. `google.cloud.tasks.v2.CloudTasks`
 * @throws Error for a service or type that is not there
 */
export function pruneProtos(root: ProtoNode, services: readonly string[]): ProtoNode {
  const kept = new Set<string>()
  for (const service of services) keep(root, service, kept)
  return copyKept(root, '', kept)
}

function keep(root: ProtoNode, name: string, kept: Set<string>): void {
  if (kept.has(name)) return
  kept.add(name)
  const node = nodeAt(root, name)
  if (!node) throw new Error(`there is no ${name}`)
  for (const { type } of Object.values(node.fields ?? {})) keepUsed(root, name, type, kept)
  for (const { requestType, responseType } of Object.values(node.methods ?? {})) {
    keepUsed(root, name, requestType, kept)
    keepUsed(root, name, responseType, kept)
  }
}

/** Proto's scalars. Source: protobuf.js, `types.basic`. */
const SCALAR = /^(double|float|bool|string|bytes|[su]?int(32|64)|s?fixed(32|64))$/

/** @param type as written: its innermost meaning seen from `from` counts */
function keepUsed(root: ProtoNode, from: string, type: string, kept: Set<string>): void {
  if (SCALAR.test(type)) return
  const scopes = from.split('.')
  const outward = scopes.map((_, depth) => scopes.slice(0, scopes.length - depth))
  const names = [...outward, []].map((scope) => [...scope, type].join('.'))
  const name = names.find((one) => nodeAt(root, one))
  if (name === undefined) throw new Error(`${from} names ${type}, which is not there`)
  keep(root, name, kept)
}

function nodeAt(root: ProtoNode, name: string): ProtoNode | undefined {
  return name.split('.').reduce<ProtoNode | undefined>((node, part) => node?.nested?.[part], root)
}

function copyKept(node: ProtoNode, name: string, kept: ReadonlySet<string>): ProtoNode {
  const nested = Object.entries(node.nested ?? {}).flatMap(([part, child]) => {
    const path = name === '' ? part : `${name}.${part}`
    const isOnTheWay = [...kept].some((one) => one === path || one.startsWith(`${path}.`))
    return isOnTheWay ? [[part, copyKept(child, path, kept)] as const] : []
  })
  const { nested: _, ...own } = node
  return nested.length > 0 ? { ...own, nested: Object.fromEntries(nested) } : own
}

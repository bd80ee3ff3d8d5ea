import type { ObjectStore } from '../../ports/index.ts'

const STAGING = 'staging/'

/**
 * Two stores as one: what is staged lives in a bucket whose objects expire, all else in one whose
 * objects stay. A listing that spans both is merged.
 */
export function routeByPrefix(stores: {
  readonly staging: ObjectStore
  readonly data: ObjectStore
}): ObjectStore {
  const { staging, data } = stores
  const of = (name: string) => (name.startsWith(STAGING) ? staging : data)
  return {
    create: (name, ...rest) => of(name).create(name, ...rest),
    createFromStream: (name, ...rest) => of(name).createFromStream(name, ...rest),
    read: (name, ...rest) => of(name).read(name, ...rest),
    openRead: (name, ...rest) => of(name).openRead(name, ...rest),
    stat: (name, ...rest) => of(name).stat(name, ...rest),
    replace: (name, ...rest) => of(name).replace(name, ...rest),
    delete: (name, ...rest) => of(name).delete(name, ...rest),
    list: async (prefix, options) => {
      const spansBoth = prefix !== STAGING && STAGING.startsWith(prefix)
      if (!spansBoth) return of(prefix).list(prefix, options)
      const lists = await Promise.all([staging.list(prefix, options), data.list(prefix, options)])
      return lists
        .flat()
        .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
        .slice(0, options.limit)
    },
  }
}

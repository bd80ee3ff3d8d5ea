import { readFileSync } from 'node:fs'
import * as z from 'zod'

/** `node infra/release/tag-url.ts SERVICE.json TAG`: the address of the revision of that tag. */
const service = z.object({
  status: z.object({
    traffic: z.array(z.object({ tag: z.string().optional(), url: z.url().optional() })),
  }),
})

const [, , file = '', tag = ''] = process.argv
const { traffic } = service.parse(JSON.parse(readFileSync(file, 'utf8'))).status
const url = traffic.find((share) => share.tag === tag)?.url
if (url === undefined) throw new Error(`no revision has the tag ${tag} and an address`)
process.stdout.write(url)

import { resolve } from 'node:path'
import { buildInto } from './build-into.ts'

/** `npm run build [-- FOLDER]`: the service as production runs it, `dist/` by default. */
await buildInto(resolve(process.argv[2] ?? 'dist'))

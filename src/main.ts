import { runService } from './run-service.ts'

/** The deployed service: the one file that acts when imported. */
await runService()

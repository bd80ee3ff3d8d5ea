import { runService } from '../../run-service.ts'
import { failOnOrder } from './speech-faults.ts'

/** The service of a local stack, whose speech-to-text fails when told to: `local-service.ts FOLDER`. */
const [, , folder = ''] = process.argv
await runService({ aroundSpeech: (speech) => failOnOrder(speech, folder) })

import { relative } from 'node:path'
import { LOCAL_NAMES } from './service-environment.ts'
import type { Stack, StackEvent, StackOptions } from './stack.ts'

/** One line for programs that drive the stack. */
export function readyLine(stack: Stack): string {
  const { host, port, controlUrl } = stack.tasks
  return JSON.stringify({
    ready: true,
    api: stack.api,
    console: `${stack.api}/console`,
    redis: stack.redisUrl,
    gcs: stack.gcs.endpoint,
    staging_bucket: LOCAL_NAMES.stagingBucket,
    tasks: { host, port, control: controlUrl ?? null },
    issuer: stack.issuerUrl,
    service_pid: stack.servicePid(),
    log: stack.logFile,
    speech_faults: stack.speechFaults,
    data: stack.dataFolder,
  })
}

/** The same for people. */
export function describeReady(stack: Stack, mode: StackOptions['mode']): string {
  const { stagingBucket, dataBucket } = LOCAL_NAMES
  const rows = [
    ['API', `${stack.api}   (Authorization: Bearer dev:<any user id>)`],
    ['Console', `${stack.api}/console`],
    ['Work', mode === 'inline' ? 'inline, in the accepting process' : 'pushed by the queue'],
    ['Speech', stack.speech.title],
    ['Redis', stack.redisUrl],
    ['GCS', `${stack.gcs.endpoint}   (buckets ${stagingBucket}, ${dataBucket})`],
    ['Tasks', `${stack.tasks.host}:${stack.tasks.port} (gRPC)   ${stack.tasks.controlUrl}/queues`],
    ['Data', stack.dataFolder],
    ['Doctor', `npm run cli -- doctor --env-file ${relative('', stack.environmentFile)}`],
    ['Log', `${stack.logFile}   (service pid ${stack.servicePid()})`],
  ]
  const name = 'filename=audio_demo_opus_16000_1_fs320_$(date +%s).bin'
  return [
    '',
    'The local stack is ready.',
    '',
    ...rows.map(([title = '', text]) => `  ${title.padEnd(8)}${text}`),
    '',
    'Upload a recording, then look at what it became:',
    '',
    `  curl -H 'Authorization: Bearer dev:you' \\`,
    `    -F "files=@src/local/recordings/austen-unless.bin;${name}" \\`,
    `    ${stack.api}/v2/sync-local-files`,
    `  curl -H 'Authorization: Bearer dev:you' ${stack.api}/v2/conversations`,
    '',
    'Ctrl-C ends it and keeps the data.',
    '',
  ].join('\n')
}

/** What a person should hear of it; undefined for what goes as it should. */
export function describeEvent(event: StackEvent): string | undefined {
  switch (event.kind) {
    case 'announcement':
      return event.text
    case 'service_ended':
      return `The service ended (${event.how}); another takes its place.`
    case 'service_restarted':
      return `The service is back (pid ${event.pid}).`
    case 'recovery_failed':
      return `A recovery pass failed: ${event.why}`
    case 'broken':
      return event.error.message
    case 'recovery_passed':
      return undefined
  }
}

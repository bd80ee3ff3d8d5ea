import type { Bench } from './bench.ts'

/** Every bench by its name, in the order of the goals. */
export const BENCHES: readonly Bench[] = [
  {
    name: 'cold-start',
    number: 'G1-4',
    title: 'from the start of the production bundle to listening, and to its first 202',
    load: async () => (await import('./cold-start/cold-start.ts')).runColdStart,
  },
  {
    name: 'status',
    number: 'G5',
    title: 'CPU of one status poll',
    load: async () => (await import('./status/status-get.ts')).runStatusGet,
  },
  {
    name: 'job-life',
    number: 'G6',
    title: 'what Redis is asked in the life of one job of ten segments',
    load: async () => (await import('./redis/job-life.ts')).runJobLife,
  },
  {
    name: 'delivery',
    number: 'G7',
    title: 'CPU of one delivered job in which nothing is to do',
    load: async () => (await import('./delivery/delivery.ts')).runDelivery,
  },
  {
    name: 'take-over',
    number: 'G8',
    title: 'from the SIGKILL of a worker in mid-run to the next claim of its job, all defaults',
    load: async () => (await import('./take-over/take-over.ts')).runTakeOver,
  },
  {
    name: 'idle',
    number: 'G9',
    title: 'what an idle instance asks of Redis',
    load: async () => (await import('./redis/idle.ts')).runIdle,
  },
  {
    name: 'sweep',
    number: 'G10',
    title: 'a recovery sweep at a thousand and at a million jobs',
    load: async () => (await import('./redis/sweep.ts')).runSweep,
  },
  {
    name: 'bytes',
    number: 'G11',
    title: 'what a job takes of Redis',
    load: async () => (await import('./redis/bytes.ts')).runBytes,
  },
  {
    name: 'multipart',
    number: 'G12',
    title: 'CPU of reading an upload',
    load: async () => (await import('./upload/multipart.ts')).runMultipart,
  },
  {
    name: 'staging',
    number: 'G13',
    title: 'CPU of putting a file into the store',
    load: async () => (await import('./upload/staging.ts')).runStaging,
  },
  {
    name: 'held-uploads',
    number: 'G14',
    title: 'memory of uploads that are held open',
    load: async () => (await import('./load/held-uploads.ts')).runHeldUploads,
  },
  {
    name: 'busy-loop',
    number: 'G15',
    title: 'the event loop while uploads are staged and jobs decoded',
    load: async () => (await import('./load/busy-loop.ts')).runBusyLoop,
  },
  {
    name: 'decode',
    number: 'G16',
    title: 'Opus decoded on one core',
    load: async () => (await import('./audio/decode.ts')).runDecode,
  },
  {
    name: 'detect',
    number: 'G17',
    title: 'voice activity on one core, an hour of audio on two',
    load: async () => (await import('./audio/detect.ts')).runDetect,
  },
  {
    name: 'load',
    number: 'G18',
    title: 'one instance under slow uploads, polls and deliveries at once, and beyond',
    load: async () => (await import('./load/load-bench.ts')).runLoadBench,
  },
]

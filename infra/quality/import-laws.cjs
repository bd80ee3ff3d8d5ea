/**
 * The import laws of the house. Each comment is the message a developer reads on breaking it.
 * Direction: main -> service -> http -> {intake dispatch status recovery} -> {jobs pipeline fair-use} -> ports -> kernel.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const npm = (names) => `(^|node_modules/)(${names})(/|$)`
const law = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    law('no-circular', 'Two modules that need each other are one module, or hide a third.', {}, { circular: true }),
    law('kernel-is-pure', 'The kernel is vocabulary and arithmetic: schemas and hashes are all it imports.', { path: '^src/kernel/' }, { pathNot: ['^src/kernel/', npm('zod'), '^(node:)?crypto$'] }),
    law('ports-know-only-the-kernel', 'A port that names a vendor type is not a port.', { path: '^src/ports/' }, { pathNot: '^src/(ports|kernel)/' }),
    law('adapters-know-only-ports', 'Adapters translate; decisions live in rooms.', { path: '^src/adapters/([^/]+)/' }, { path: '^src/', pathNot: ['^src/adapters/$1/', '^src/(ports|kernel)/'] }),
    law('only-service-wires-adapters', 'Ask for a port; service.ts hands you the adapter.', { path: '^src/', pathNot: '^src/(service\\.ts|wiring/|adapters/|local/|cli/main\\.ts$)' }, { path: '^src/adapters/' }),
    law('vendors-stop-at-the-adapter', 'Redis, Google and OpenTelemetry clients are named in adapters/ and built in service.ts.', { path: '^src/', pathNot: '^src/(service\\.ts|wiring/|adapters/|local/)' }, { path: npm('ioredis|@google-cloud|@opentelemetry') }),
    law('express-stays-in-http', 'Rooms speak plain values, not req and res.', { path: '^src/', pathNot: '^src/http/' }, { path: npm('express') }),
    law('one-logger', 'Import a named logger or event from telemetry/.', { path: '^src/', pathNot: '^src/telemetry/' }, { path: npm('pino|pino-http') }),
    law('rooms-by-the-door', "Enter another room by its index.ts.", { path: '^src/([^/]+)/' }, { path: '^src/(kernel|ports|durable|intake|jobs|dispatch|pipeline|fair-use|preferences|status|recovery|operators|enrichment|deletion|client|http|console|telemetry|doctor)/', pathNot: ['^src/$1/', '/index\\.ts$'] }),
    law('durable-knows-only-ports', 'The durable objects are named, written once and read back; nobody is called from here.', { path: '^src/durable/' }, { path: '^src/', pathNot: '^src/(durable|ports|kernel)/' }),
    law('records-do-not-look-up', 'jobs and fair-use are called; they call nobody above ports.', { path: '^src/(jobs|fair-use)/' }, { path: '^src/(intake|dispatch|pipeline|status|recovery|operators|enrichment|deletion|http|config)/' }),
    law('pipeline-knows-no-bookkeeping', 'The pipeline gets its attempt context; it never touches a job record or a claim.', { path: '^src/pipeline/' }, { path: '^src/(jobs|intake|dispatch|status|recovery|operators|enrichment|deletion|http|config)/' }),
    law('flows-do-not-call-flows', 'intake, dispatch, status, recovery, operators, enrichment and deletion meet only in jobs.', { path: '^src/(intake|dispatch|status|recovery|operators|enrichment|deletion)/' }, { path: '^src/(intake|dispatch|status|recovery|operators|enrichment|deletion|http|config)/', pathNot: '^src/$1/' }),
    law('config-is-handed-in', 'Only run-service, service, the local launcher and the commands see the whole config.', { path: '^src/', pathNot: '^src/(run-service\\.ts|service\\.ts|wiring/|config/|local/|cli/)' }, { path: '^src/config/' }),
    law('telemetry-calls-no-room', 'Telemetry is told; it asks nobody.', { path: '^src/telemetry/' }, { path: '^src/', pathNot: '^src/(telemetry|kernel)/' }),
    law('only-service-uses-wiring', 'A part that is built for service.ts or a command is handed in, never fetched.', { path: '^src/', pathNot: '^src/(service\\.ts$|wiring/|cli/main\\.ts$)' }, { path: '^src/wiring/' }),
    law('fair-use-knows-no-job', 'Fair use knows users and their speech; what a job is, it is not told.', { path: '^src/fair-use/' }, { path: '^src/', pathNot: '^src/(fair-use|durable|telemetry|ports|kernel)/' }),
    law('preferences-know-no-job', 'Preferences are a user’s words about their speech; no job, no flow.', { path: '^src/preferences/' }, { path: '^src/', pathNot: '^src/(preferences|telemetry|ports|kernel)/' }),
    law('page-runs-in-a-browser', 'A browser finds the files of the page and its chart library; of the service it knows the wire.', { path: '^src/console/page/' }, { pathNot: ['^src/console/page/', npm('uplot')] }),
    law('doctor-looks-through-ports', 'The doctor stands outside of the service: it asks ports and the API, and is asked by nobody but the commands.', { path: '^src/doctor/' }, { path: '^src/', pathNot: '^src/(doctor|client|ports|kernel)/' }),
    law('only-main-starts-the-service', 'Wiring is the top of the house; nothing in it reaches up.', { path: '^src/', pathNot: '^src/run-service\\.ts$' }, { path: '^src/service\\.ts$' }),
    law('src-never-imports-test', 'Production code does not know it is tested.', { path: '^src/' }, { path: '^test/' }),
    law('tests-share-by-support', 'Shared test code lives in test/support or test/conformance.', { path: '^test/.*\\.test\\.ts$' }, { path: '\\.test\\.ts$' }),
    law('no-orphans', 'Nobody imports this file: use it or delete it.', { orphan: true, path: '^src/', pathNot: '^src/main\\.ts$' }, {}),
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } },
}

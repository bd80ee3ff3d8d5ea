import { mkdir, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { ambientEnvironment } from '../../../src/config/index.ts'
import { deployedByDefault } from './deployment.ts'
import { plotStory, plotWalls } from './plots.ts'
import { printResult, printSteps, printWalls } from './print-scale.ts'
import { play, type Result } from './results.ts'
import { scenariosOn } from './scenarios.ts'
import { WORKLOAD } from './workload.ts'

const PLOTS = new URL('./plots/', import.meta.url)

interface Flags {
  readonly json: boolean
  readonly plots: boolean
}

const program = new Command('npm run scale --')
  .description(
    'Plays the service at several loads and in several mishaps, in simulated time: instances, queues,\n' +
      'latencies, the wall that is met first and the setting that moves it, and what a million jobs cost.',
  )
  .argument('[names...]', 'scenarios, by the start of their names; all without')
  .option('--json', 'findings as JSON on standard output', false)
  .option('--plots', `draws the stories into ${PLOTS.pathname}`, false)

async function main(names: readonly string[], flags: Flags): Promise<void> {
  const deployed = await deployedByDefault()
  const wanted = scenariosOn(deployed).filter(
    ({ name }) => names.length === 0 || names.some((start) => name.startsWith(start)),
  )
  if (wanted.length === 0) program.error('no scenario is called so', { exitCode: 1 })
  const asJson = flags.json || ambientEnvironment()['npm_config_json'] === 'true'
  const print = (text: string) => {
    if (!asJson) process.stdout.write(`${text}\n`)
  }
  print(printWalls(deployed, WORKLOAD))
  const results: Result[] = []
  for (const scenario of wanted) {
    const result = play(scenario)
    results.push(result)
    if (scenario.steps.length > 0) print(printSteps(scenario.title, scenario.steps))
    print(printResult(result))
  }
  if (flags.plots) await draw(results, deployed)
  if (asJson) process.stdout.write(`${JSON.stringify(results.map(toJson), null, 2)}\n`)
}

async function draw(
  results: readonly Result[],
  deployed: Awaited<ReturnType<typeof deployedByDefault>>,
): Promise<void> {
  await mkdir(PLOTS, { recursive: true })
  const save = (name: string, svg: string) => writeFile(new URL(`${name}.svg`, PLOTS), svg)
  await save('walls', await plotWalls(deployed, WORKLOAD))
  for (const result of results) {
    const { scenario } = result
    // A steady load is a straight line.
    if (scenario.story.warmUpMinutes > 0) continue
    await save(scenario.name.replaceAll(' ', '-'), await plotStory(result))
  }
}

function toJson({ scenario, findings, ...rest }: Result) {
  const { latencies, ...counts } = findings
  return { name: scenario.name, title: scenario.title, steps: scenario.steps, ...counts, ...rest }
}

program.action(main)
await program.parseAsync()

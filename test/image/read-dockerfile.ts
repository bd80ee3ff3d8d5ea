import { readFileSync } from 'node:fs'
import { DockerfileParser, type Instruction } from 'dockerfile-ast'
import * as z from 'zod'

/** One instruction, its continued lines joined and its flags apart: `--from=build` is `{from: 'build'}`. */
export interface Step {
  readonly keyword: string
  readonly flags: Readonly<Record<string, string>>
  readonly args: readonly string[]
  /** All behind the keyword, as written. */
  readonly text: string
}

export interface Stage {
  /** `build` of `FROM … AS build`; of the last one nothing. */
  readonly name: string | undefined
  readonly image: string
  readonly steps: readonly Step[]
}

const repository = new URL('../../', import.meta.url)
const jsonForm = z.array(z.string())

export function readDockerfile(): readonly Stage[] {
  const text = readFileSync(new URL('Dockerfile', repository), 'utf8')
  const stages: { name: string | undefined; image: string; steps: Step[] }[] = []
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = stepOf(instruction)
    if (step.keyword === 'FROM') {
      const [image = '', as, name] = step.args
      stages.push({ image, name: as?.toUpperCase() === 'AS' ? name : undefined, steps: [] })
    } else stages.at(-1)?.steps.push(step)
  }
  return stages
}

/** The program of a `CMD` in exec form. @throws Error for a shell form, whose shell would get SIGTERM */
export function execForm(step: Step): readonly string[] {
  return jsonForm.parse(JSON.parse(step.text))
}

/** `ENV A=1 B=2` as it stands. */
export function environmentOf(stage: Stage): Readonly<Record<string, string>> {
  const rows = stage.steps.filter(({ keyword }) => keyword === 'ENV')
  return Object.fromEntries(
    rows.flatMap(({ args }) => args.map((arg) => arg.split(/=(.*)/s).slice(0, 2))),
  )
}

function stepOf(instruction: Instruction): Step {
  const keyword = instruction.getKeyword()
  const text = instruction.toString().replace(/^\S+\s+/, '')
  // A RUN's words are the shell's, its flags among them.
  const flags = keyword === 'RUN' ? [] : [...text.matchAll(/--(\w+)=(\S+)\s/g)]
  return {
    keyword,
    flags: Object.fromEntries(flags.map(([, name = '', value = '']) => [name, value])),
    args: instruction.getArguments().map((argument) => argument.getValue()),
    text: text.replace(/\\\n\s*/g, ''),
  }
}

/** What production starts the service with. */
export function environmentOfImage(): Readonly<Record<string, string>> {
  const final = readDockerfile().at(-1)
  return final ? environmentOf(final) : {}
}

import { rename, writeFile } from 'node:fs/promises'

/** Of the shell, not of the service. */
const OF_THE_SHELL = ['PATH', 'HOME', 'TMPDIR', 'TZ']

/** The service's variables as `node --env-file` reads them; for nobody else's eyes. */
export async function writeEnvironmentFile(
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(environment)
    .filter(([name]) => !OF_THE_SHELL.includes(name))
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
  const draft = `${file}.draft`
  await writeFile(draft, lines.join(''), { mode: 0o600 })
  await rename(draft, file)
}

/** Between backquotes a value stands as it is, line breaks and all. */
function quoted(value: string): string {
  return value.includes("'") ? `\`${value}\`` : `'${value}'`
}

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newPackages } from '../../src/local/packages/debian-packages.ts'
import { findRecogniser, findRedisServer } from '../../src/local/packages/index.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-program-'))
  await mkdir(join(folder, 'bin'))
})
afterEach(async () => rm(folder, { recursive: true, force: true }))

const cacheFolder = () => join(folder, 'cache')
const program = (name: string, lines: string) =>
  writeFile(join(folder, 'bin', name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${lines}\n`, { mode: 0o755 })
const options = (announced: string[] = []) => ({
  cacheFolder: cacheFolder(),
  environment: { PATH: join(folder, 'bin') },
  announce: (line: string) => void announced.push(line),
})
const askedOfApt = () => readFile(join(folder, 'asked'), 'utf8')

const SERVER = 'echo "Redis server v=7.0.15 sha=0"'
/** Knows the packages only in lists that an update brought, when told so. */
const fakeApt = (needsUpdate: boolean) => `
echo "$*" >> ${folder}/asked
case "$*" in
  *" update") touch ${folder}/updated;;
  *--simulate*)
    ${needsUpdate ? `[ -e ${folder}/updated ] || { echo "E: Unable to locate package" >&2; exit 100; }` : ''}
    echo "Inst libc6 [2.36] (2.37 Debian [amd64])"
    echo "Inst liblzf1 (3.6 Debian [amd64])"
    echo "Inst redis-server (7.0 Debian [amd64])";;
  *" download "*) touch liblzf1.deb redis-server.deb;;
  *) exit 1;;
esac`
const FAKE_DPKG = `
mkdir -p "$3/usr/bin" "$3/usr/lib/odd"
touch "$3/usr/lib/odd/liblzf.so.1"
printf '#!/bin/sh\\n%s\\n' '${SERVER}' > "$3/usr/bin/redis-server"
chmod +x "$3/usr/bin/redis-server"`

describe('findProgram', () => {
  it('takes what is on the PATH, without a word', async () => {
    await program('redis-server', SERVER)
    const announced: string[] = []
    expect(await findRedisServer(options(announced))).toEqual({
      command: join(folder, 'bin', 'redis-server'),
      env: { PATH: join(folder, 'bin') },
    })
    expect(announced).toEqual([])
    expect(existsSync(cacheFolder())).toBe(false)
  })

  it('takes Valkey for Redis', async () => {
    await program('valkey-server', 'echo "Valkey server v=8.0.1 sha=0"')
    expect(await findRedisServer(options())).toMatchObject({
      command: join(folder, 'bin', 'valkey-server'),
    })
  })

  it('unpacks the packages into the cache, and finds them there next time', async () => {
    await program('apt-get', fakeApt(false))
    await program('dpkg', FAKE_DPKG)
    const announced: string[] = []
    const place = join(cacheFolder(), 'redis-server')
    const found = {
      command: join(place, 'usr/bin/redis-server'),
      env: { PATH: join(folder, 'bin'), LD_LIBRARY_PATH: join(place, 'usr/lib/odd') },
    }
    expect(await findRedisServer(options(announced))).toEqual(found)
    expect(announced).toEqual([expect.stringContaining('fetching')])
    await rm(join(folder, 'bin', 'apt-get'))
    expect(await findRedisServer(options(announced))).toEqual(found)
    expect(announced).toHaveLength(1)
  })

  it('fetches what is new and replaces nothing of the system', async () => {
    await program('apt-get', fakeApt(false))
    await program('dpkg', FAKE_DPKG)
    await findRedisServer(options())
    expect(await askedOfApt()).toMatch(/download liblzf1 redis-server\n/)
    expect(newPackages('Inst a (1)\nInst b [1] (2)\nConf a (1)\nInst c (1) [d ]')).toEqual([
      'a',
      'c',
    ])
  })

  it('fetches package lists of its own where the machine has none', async () => {
    await program('apt-get', fakeApt(true))
    await program('dpkg', FAKE_DPKG)
    expect(await findRedisServer(options())).not.toHaveProperty('missing')
    const update = (await askedOfApt()).split('\n').find((line) => line.endsWith(' update'))
    expect(update).toContain(`Dir::State::lists=${cacheFolder()}`)
    expect(update).toContain(`Dir::Cache=${cacheFolder()}`)
  })

  it('is safe when several unpack at once', async () => {
    await program('apt-get', fakeApt(false))
    await program('dpkg', FAKE_DPKG)
    const found = await Promise.all(Array.from({ length: 4 }, () => findRedisServer(options())))
    expect(new Set(found.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(found[0]).toHaveProperty('command')
    expect(await readdir(cacheFolder())).toEqual(['redis-server'])
  })

  it('leaves nothing half unpacked when unpacking fails, and tells why', async () => {
    await program('apt-get', fakeApt(false))
    await program('dpkg', `${FAKE_DPKG}\necho "E: disk full" >&2; exit 2`)
    expect(await findRedisServer(options())).toMatchObject({
      missing: expect.stringContaining('disk full'),
    })
    expect(await readdir(cacheFolder())).not.toContain('redis-server')
    expect((await readdir(cacheFolder())).filter((name) => name.startsWith('.draft'))).toEqual([])
  })

  it('unpacks anew what no longer runs', async () => {
    await mkdir(join(cacheFolder(), 'redis-server/usr/bin'), { recursive: true })
    const stale = join(cacheFolder(), 'redis-server/usr/bin/redis-server')
    await writeFile(stale, '#!/bin/sh\nexit 127\n', { mode: 0o755 })
    await program('apt-get', fakeApt(false))
    await program('dpkg', FAKE_DPKG)
    expect(await findRedisServer(options())).toMatchObject({ command: stale })
  })
})

describe('findRecogniser', () => {
  const recogniser = async (usage: string, dictionary = true) => {
    await program('pocketsphinx_batch', `echo '${usage}' >&2; exit 1`)
    const model = join(folder, 'share/pocketsphinx/model/en-us')
    await mkdir(model, { recursive: true })
    if (dictionary) await writeFile(join(model, 'cmudict-en-us.dict'), '')
    return { model, found: await findRecogniser(options()) }
  }

  it('finds the model beside the program', async () => {
    const { model, found } = await recogniser('-hypseg')
    expect(found).toMatchObject({
      command: join(folder, 'bin/pocketsphinx_batch'),
      modelDir: model,
    })
  })

  it('names the packages for every package tool when there is none', async () => {
    const { found } = await recogniser('some other program')
    expect(found).toMatchObject({ missing: expect.stringMatching(/apt-get .*dnf .*brew /) })
  })
})

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { expect, it, onTestFinished, vi } from 'vitest'
import { buildPackage, installPackage, removeUnusedInstalls } from '../build.ts'
import { temporaryFolder, workflowModule, writePackage } from './package.fixture.ts'

const [index, build] = ['../index.ts', '../build.ts'].map((file) => new URL(file, import.meta.url).href)

/** Runs a program with the platform from source, as an executor does. */
function node(program: string) {
  const imports = `import * as m from '${index}'\nimport { installPackage } from '${build}'`
  const child = spawn(
    process.execPath,
    ['--conditions=@millrace/source', '--input-type=module', '-e', `${imports}\n${program}`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return { child, ended: once(child, 'close').then(([code, signal]) => ({ code, signal, output })) }
}

async function built(folder: string, json: object = {}) {
  const source = join(folder, 'source')
  await writePackage(source, { 'src/flights.ts': workflowModule('flights', 'dev', 7) }, json)
  const { zip, package: origin } = await buildPackage({ folder: source, out: join(folder, 'out') })
  return { zip, sha256: origin.sha256 }
}

it('installs once, links the platform, and runs in a process of its own', async () => {
  await using folder = await temporaryFolder()
  const { zip, sha256 } = await built(folder.path)
  const cacheFolder = join(folder.path, 'cache')
  const [one, other] = await Promise.all([
    installPackage({ zip, sha256, cacheFolder }),
    installPackage({ zip: await readFile(zip), sha256, cacheFolder }),
  ])
  expect(one).toBe(join(cacheFolder, sha256))
  expect(other).toBe(one)
  expect(await readdir(cacheFolder)).toEqual([sha256])
  expect(await realpath(join(one, 'node_modules/@millrace/workflow'))).toBe(join(import.meta.dirname, '../..'))
  const { ended } = node(`
    const workflow = await m.loadWorkflow({ folder: ${JSON.stringify(one)}, module: 'src/flights.ts', export: 'daily' })
    console.log(workflow instanceof m.Workflow, (await workflow.test()).output('Extract'))`)
  expect(await ended).toEqual({ code: 0, signal: null, output: 'true 7\n' })
  await rm(zip)
  expect(await installPackage({ zip, sha256, cacheFolder })).toBe(one)
})

it('is whole or not there, when processes install at once and are killed while they do', async () => {
  await using folder = await temporaryFolder()
  const { zip, sha256 } = await built(folder.path)
  const cacheFolder = join(folder.path, 'cache')
  const options = JSON.stringify({ zip, sha256, cacheFolder })
  const install = `await installPackage(${options})`
  // Ends itself at the moment when everything but the last step is done.
  const killed = node(`
    const { rename } = (await import('node:fs/promises')).default
    const fs = (await import('node:fs')).default
    fs.promises.rename = async () => process.kill(process.pid, 'SIGKILL')
    ;(await import('node:module')).default.syncBuiltinESMExports()
    ${install}`)
  expect((await killed.ended).signal).toBe('SIGKILL')
  const left = await readdir(cacheFolder)
  expect(left).toHaveLength(1)
  expect(left[0]).toMatch(/^\.installing-/)
  const ends = await Promise.all([node(install).ended, node(install).ended, node(install).ended])
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0])
  expect((await readdir(cacheFolder)).filter((name) => !left.includes(name))).toEqual([sha256])
})

it('installs other dependencies by npm, and leaves the files of the package as they were', async () => {
  await using folder = await temporaryFolder()
  await writePackage(
    join(folder.path, 'greet'),
    { 'index.js': "export const greeting = 'hello'" },
    {
      name: 'greet',
      exports: './index.js',
      dependencies: {},
    },
  )
  const { zip, sha256 } = await built(folder.path, {
    dependencies: { '@millrace/workflow': '*', greet: `file:${join(folder.path, 'greet')}` },
  })
  const installed = await installPackage({ zip, sha256, cacheFolder: join(folder.path, 'cache') })
  expect((await readdir(join(installed, 'node_modules'))).sort()).toContain('greet')
  expect(await readdir(join(installed, 'node_modules/@millrace'))).toEqual(['workflow'])
  expect(await readFile(join(installed, 'package.json'))).toEqual(
    await readFile(join(folder.path, 'source/package.json')),
  )
})

it('says what npm said when a dependency cannot be had, and leaves nothing', async () => {
  await using folder = await temporaryFolder()
  const cacheFolder = join(folder.path, 'cache')
  const { zip, sha256 } = await built(folder.path, {
    dependencies: { gone: `file:${join(folder.path, 'gone.tgz')}` },
  })
  const error = await installPackage({ zip, sha256, cacheFolder }).catch((error) => error)
  expect(error).toMatchObject({ code: 'PACKAGE_DEPENDENCY', recovery: 'config' })
  expect(error.message).toMatch(/"npm install" failed[\s\S]*gone.tgz/)
  const { zip: other, sha256: otherHash } = await built(folder.path, {
    dependencies: { '@millrace/nonesuch': '1' },
  })
  await expect(installPackage({ zip: other, sha256: otherHash, cacheFolder })).rejects.toThrow(
    'The package needs @millrace/nonesuch, which this installation of Millrace does not have.',
  )
  expect(await readdir(cacheFolder)).toEqual([])
})

it('installs by the lock file where there is one', async () => {
  await using folder = await temporaryFolder()
  // From the folder that is installed into.
  const greet = '../../greet'
  const source = join(folder.path, 'source')
  const lock = { name: 'p', version: '1.0.0', lockfileVersion: 3, requires: true }
  const dependencies = { greet: `file:${greet}` }
  await writePackage(join(folder.path, 'greet'), {}, { name: 'greet', dependencies: {} })
  const json = { name: 'p', dependencies }
  const packages = { '': { name: 'p', version: '1.0.0', dependencies }, [greet]: { version: '1.0.0' } }
  const locked = { ...packages, 'node_modules/greet': { resolved: greet, link: true } }
  await writePackage(source, { 'package-lock.json': JSON.stringify({ ...lock, packages: locked }) })
  const { zip, sha256 } = await built(folder.path, json)
  const cacheFolder = join(folder.path, 'cache')
  const installed = await installPackage({ zip, sha256, cacheFolder })
  expect((await readdir(join(installed, 'node_modules'))).sort()).toEqual(
    expect.arrayContaining(['.package-lock.json', '@millrace', 'greet']),
  )
  await writePackage(source, { 'package-lock.json': JSON.stringify({ ...lock, packages: {} }) })
  const other = await built(folder.path, json)
  await expect(installPackage({ ...other, cacheFolder })).rejects.toThrow(/"npm ci" failed[\s\S]*greet/)
})

it('is tried again later when the registry cannot be reached, and stops npm when it is told to', async () => {
  await using folder = await temporaryFolder()
  const cacheFolder = join(folder.path, 'cache')
  const { zip, sha256 } = await built(folder.path, { dependencies: { 'not-in-any-cache': '1.2.3' } })
  const controller = new AbortController()
  const closed = Promise.withResolvers<void>()
  // Takes the question and never answers.
  const registry = createServer((request) => {
    request.socket.on('close', () => closed.resolve())
    controller.abort(new Error('stop'))
  }).listen(0, '127.0.0.1')
  await once(registry, 'listening')
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(registry.address() as AddressInfo).port}`)
  vi.stubEnv('npm_config_fetch_retries', '0')
  vi.stubEnv('npm_config_cache', join(folder.path, 'npm'))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    registry.close()
  })
  await expect(installPackage({ zip, sha256, cacheFolder, signal: controller.signal })).rejects.toThrow('stop')
  await closed.promise
  await new Promise((resolve) => registry.close(resolve))
  await expect(installPackage({ zip, sha256, cacheFolder })).rejects.toMatchObject({
    code: 'PACKAGE_DEPENDENCY',
    recovery: 'transient',
  })
  expect(await readdir(cacheFolder)).toEqual([])
})

it('refuses other bytes, rubbish, and entries that leave the folder', async () => {
  await using folder = await temporaryFolder()
  const cacheFolder = join(folder.path, 'cache')
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const install = (zip: Uint8Array, sha256 = hash(zip)) => installPackage({ zip, sha256, cacheFolder })
  await expect(install(new Uint8Array(3), hash(new Uint8Array(4)))).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' })
  await expect(install(new Uint8Array(100))).rejects.toThrow('The package is no readable zip.')
  for (const name of ['../evil', '/etc/evil', 'a/../../evil', 'a\\..\\evil', 'C:evil']) {
    await expect(install(zipSync({ 'package.json': new Uint8Array(2), [name]: new Uint8Array(1) }))).rejects.toThrow(
      `has the entry ${JSON.stringify(name)}, which does not stay within its folder`,
    )
  }
  expect(await readdir(cacheFolder)).toEqual([])
  await expect(installPackage({ zip: 'x', sha256: '../x', cacheFolder })).rejects.toThrow('is no SHA-256')
})

it('refuses what is small and unpacks to more than packages may have, whatever it says of itself', async () => {
  await using folder = await temporaryFolder()
  const cacheFolder = join(folder.path, 'cache')
  const install = (zip: Uint8Array) =>
    installPackage({ zip, sha256: createHash('sha256').update(zip).digest('hex'), cacheFolder })
  const small = zipSync({ 'package.json': new Uint8Array(2), big: new Uint8Array(4 * 1024 * 1024) })
  expect(small.length).toBeLessThan(6000)
  // The size when unpacked stands before the name, in the local header and in the directory at the end.
  const saying = (size: number) => {
    const zip = Buffer.from(small)
    const [local, central] = [zip.indexOf('big'), zip.lastIndexOf('big')]
    zip.writeUInt32LE(size, local - 30 + 22)
    zip.writeUInt32LE(size, central - 46 + 24)
    return zip
  }
  await expect(install(saying(2 ** 31))).rejects.toMatchObject({
    code: 'PACKAGE_UNSAFE',
    message: expect.stringContaining('is larger than 1024 MiB when extracted'),
  })
  await expect(install(saying(1000))).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' })
  // The number of entries stands in what ends a zip.
  const many = Buffer.from(small)
  many.writeUInt16LE(50_001, small.length - 22 + 10)
  await expect(install(many)).rejects.toThrow('has more than 50000 files')
  expect(await readdir(cacheFolder)).toEqual([])
})

it('stops when it is told to', async () => {
  await using folder = await temporaryFolder()
  const { zip, sha256 } = await built(folder.path)
  const cacheFolder = join(folder.path, 'cache')
  const signal = AbortSignal.abort(new Error('stop'))
  await expect(installPackage({ zip, sha256, cacheFolder, signal })).rejects.toThrow('stop')
  expect(await readdir(cacheFolder)).toEqual([])
})

it('removes what is not kept, and nothing else', async () => {
  await using folder = await temporaryFolder()
  const kept = 'a'.repeat(64)
  const unused = 'b'.repeat(64)
  for (const name of [kept, unused, '.installing-fresh', '.removing-old', 'notes']) {
    await mkdir(join(folder.path, name))
    await writeFile(join(folder.path, name, 'file'), '')
  }
  expect(await removeUnusedInstalls(folder.path, { keep: [kept] })).toEqual([unused])
  expect((await readdir(folder.path)).sort()).toEqual(['.installing-fresh', kept, 'notes'].sort())
  expect(await removeUnusedInstalls(join(folder.path, 'none'), { keep: [] })).toEqual([])
})

import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import {
  findAzurite,
  findFakeGcs,
  findKafka,
  findMariadb,
  findMosquitto,
  findNats,
  findPostgres15,
  findRabbitmq,
  findRadosgw,
  findRedis,
} from '@millrace/testing'

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-report-'))
const reportFile = join(folder, 'report.json')
const notesFile = join(folder, 'notes.json')
const notesReporter = join(import.meta.dirname, 'skip-notes-reporter.ts')
try {
  const code = await runVitest(process.argv.slice(2))
  process.exitCode = summarise(readReport(), code)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function runVitest(args: readonly string[]): Promise<number> {
  const reporters = ['--reporter=default', '--reporter=json', `--reporter=${notesReporter}`]
  const flags = ['run', ...reporters, `--outputFile.json=${reportFile}`, ...args]
  const vitest = spawn('vitest', flags, { stdio: 'inherit', env: { ...process.env, SKIP_NOTES_FILE: notesFile } })
  // The terminal sends Ctrl-C to vitest as well; wait for it to clean up.
  process.on('SIGINT', () => {}).on('SIGTERM', () => vitest.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    vitest.once('error', reject).once('exit', (code) => resolve(code ?? 1))
  })
}

/** Reasons that tests gave themselves, by full name. */
function readNotes(): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(notesFile, 'utf8'))
  } catch {
    return {}
  }
}

function readReport(): Report {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8'))
  } catch {
    return { testResults: [] }
  }
}

function summarise({ testResults }: Report, code: number): number {
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, file: relative(process.cwd(), name) })),
  )
  const passed = tests.filter(({ status }) => status === 'passed')
  const failed = tests.filter(({ status }) => status === 'failed')
  const skipped = tests.filter((test) => !passed.includes(test) && !failed.includes(test))
  // A file that cannot even be loaded fails without having a test.
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )

  const lines: string[] = []
  const add = (title: string, items: readonly string[]) => {
    if (items.length > 0) lines.push('', title, ...items.map((item) => `  ${item}`))
  }
  add('Failed:', [
    ...failed.map(({ file, fullName }) => `${file}: ${fullName}`),
    ...broken.map(({ name }) => `${relative(process.cwd(), name)}: could not be loaded`),
  ])
  const notes = readNotes()
  add('Did not run:', [
    ...skipped.map(({ file, fullName }) => `${file}: ${fullName} (${notes[fullName] ?? reasonFor(fullName, file)})`),
    ...pythonTestsLeftOut().map((file) => `${file} (Python packages cannot be installed on this machine)`),
  ])
  let failures = failed.length + broken.length
  if (failures === 0 && code !== 0) {
    lines.push('', 'vitest itself failed; see above.')
    failures = 1
  }
  lines.push('', `${passed.length} passed, ${failures} failed, ${skipped.length} skipped`)
  console.log(lines.join('\n'))
  return failures === 0 ? 0 : 1
}

/** Those that were asked for and cannot run. */
function pythonTestsLeftOut(): readonly string[] {
  if (process.env.PYTHON_TESTS !== 'unavailable') return []
  return globSync('{packages,apps,examples}/**/*.python.test.ts', { exclude: ['**/node_modules/**'] }).sort()
}

function reasonFor(...names: readonly string[]): string {
  const text = names.join(' ').toLowerCase()
  const missing = [
    { service: 'MariaDB server', words: /mariadb|mysql/, absent: findMariadb() === null },
    { service: 'Azurite', words: /azur/, absent: findAzurite() === null },
    { service: 'Go to build fake-gcs-server', words: /\bgcs\b|google cloud storage/, absent: findFakeGcs() === null },
    { service: 'Ceph gateway', words: /\bs3\b|rgw|radosgw/, absent: findRadosgw() === null },
    { service: 'Redis server', words: /redis/, absent: findRedis() === null },
    { service: 'RabbitMQ', words: /rabbitmq/, absent: findRabbitmq() === null },
    { service: 'Kafka (Java and Maven)', words: /kafka/, absent: findKafka() === null },
    { service: 'NATS server', words: /nats/, absent: findNats() === null },
    { service: 'Mosquitto', words: /mosquitto|mqtt/, absent: findMosquitto() === null },
    { service: 'PostgreSQL 15', words: /postgres/, absent: findPostgres15() === null },
  ].filter(({ absent }) => absent)
  const named = missing.filter(({ words }) => words.test(text))
  const likely = named.length > 0 ? named : missing
  return likely.length === 0
    ? 'skipped by the test itself'
    : `this machine has no ${likely.map(({ service }) => service).join(' and no ')}`
}

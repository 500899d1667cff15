import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))

export interface AirflowResult {
  readonly code: number | null
  /** Standard output and error. */
  readonly log: string
}

export interface TestAirflow extends AsyncDisposable {
  /** Where DAG files go. */
  readonly dags: string
  /** Runs the command `airflow`. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<AirflowResult>
  /** The same for commands that print JSON. */
  json(...args: readonly string[]): Promise<unknown>
}

/** Airflow with a database of its own, on whose PATH the command of this checkout is. */
export async function startAirflow(venv: string): Promise<TestAirflow> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-airflow-'))
  const dags = join(home, 'dags')
  const temporary = join(home, 'tmp')
  for (const folder of [dags, temporary, join(home, 'bin')]) await mkdir(folder)
  const command = join(home, 'bin/millrace')
  await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" --conditions=@millrace/source "${bin}" "$@"\n`)
  await chmod(command, 0o755)
  const inherited = Object.entries(process.env).filter(
    // Python keeps what it compiled: each of these processes loads Airflow, and to compile it is two thirds of that.
    ([name]) => !/^(MILLRACE_|AIRFLOW_|VITEST|NODE_OPTIONS|ISB_|MESH_|PYTHONDONTWRITEBYTECODE$)/.test(name),
  )
  const own = {
    ...Object.fromEntries(inherited),
    PATH: [join(home, 'bin'), join(venv, 'bin'), process.env.PATH].join(delimiter),
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: dags,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__UNIT_TEST_MODE: 'False',
    TMPDIR: temporary,
  }
  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<AirflowResult> => {
    const child = spawn(join(venv, 'bin/python'), ['-m', 'airflow', ...args], {
      cwd: home,
      env: { ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text
      })
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve)
    })
    return { code, log }
  }
  const json = (...args: readonly string[]) =>
    new Promise<unknown>((resolve, reject) => {
      const options = { cwd: home, env: { ...own, AIRFLOW__LOGGING__LOGGING_LEVEL: 'ERROR' } }
      execFile(join(venv, 'bin/python'), ['-m', 'airflow', ...args, '-o', 'json'], options, (error, out) => {
        if (error) reject(error)
        else resolve(JSON.parse(out))
      })
    })
  // The same each time, so the first one is kept beside the installation.
  const database = join(home, 'airflow.db')
  const kept = join(venv, 'millrace-airflow.db')
  if (existsSync(kept)) await copyFile(kept, database)
  else {
    const { code, log } = await run(['db', 'migrate'])
    if (code !== 0) throw new Error(`Airflow's database could not be made:\n${log}`)
    // With a write-ahead log beside it, the file alone is not all of it.
    if (!existsSync(`${database}-wal`)) {
      const fresh = `${kept}-${process.pid}`
      await copyFile(database, fresh)
      await rename(fresh, kept)
    }
  }
  return { dags, run, json, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) }
}

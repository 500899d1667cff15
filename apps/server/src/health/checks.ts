import { randomUUID } from 'node:crypto'
import { isMillraceError, type PlatformSettings } from '@millrace/core'
import { type Db, sql } from '@millrace/db'
import type { ArtifactStore } from '@millrace/engine'
import { migrations } from '../migrations.generated.ts'

export type CheckName = 'database' | 'migrations' | 'secrets_service' | 'artifacts'

export interface CheckResult {
  readonly name: CheckName
  /** `not_set`: the operator gave none, and what needs it does not work. */
  readonly state: 'ok' | 'failed' | 'not_set'
  /** What is wrong, with the next step; or what was found. Without secrets. */
  readonly message: string
  readonly durationMs: number
}

interface Finding {
  readonly state?: CheckResult['state']
  readonly message: string
}

/** Thrown by a check for what it found, in words for administrators. */
class CheckFailed extends Error {}

const limitMs = 3000

/** Tries everything that the server leans on, all at once, each for at most three seconds. */
export async function runChecks(context: {
  readonly db: Db
  readonly artifacts: ArtifactStore
  readonly settings: Pick<PlatformSettings, 'secretsUrl'>
}): Promise<readonly CheckResult[]> {
  const { db, artifacts, settings } = context
  return await Promise.all([
    check('database', async () => {
      const { version } = await db.one<{ version: string }>(sql`select current_setting('server_version') as version`)
      return { message: `PostgreSQL ${version.split(' ')[0]}` }
    }),
    check('migrations', async () => await checkMigrations(db)),
    check('secrets_service', async () => await checkSecretsService(settings.secretsUrl)),
    check('artifacts', async () => await checkArtifacts(artifacts)),
  ])
}

async function check(name: CheckName, look: () => Promise<Finding>): Promise<CheckResult> {
  const begun = performance.now()
  try {
    const { state = 'ok', message } = await withinLimit(look())
    return { name, state, message, durationMs: Math.round(performance.now() - begun) }
  } catch (error) {
    const isForPeople = error instanceof CheckFailed || isMillraceError(error)
    const message = isForPeople ? error.message : 'It failed. The log of the server says why.'
    return { name, state: 'failed', message, durationMs: Math.round(performance.now() - begun) }
  }
}

/** What hangs is given up after three seconds. */
export async function withinLimit<Result>(work: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new CheckFailed(`No answer within ${limitMs / 1000} s. Look whether it runs, and how busy it is.`)),
    limitMs,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A server brings the database up to date when it starts, so this differs only when another one was started since. */
async function checkMigrations(db: Db): Promise<Finding> {
  const applied = await db.maybe<{ id: number; name: string }>(
    sql`select id, name from common.millrace_migration order by id desc limit 1`,
  )
  if (applied?.id === migrations.length) return { message: `${applied.id} ${applied.name}` }
  throw new CheckFailed(
    `The database is at migration ${applied?.id ?? 0} and this server knows ${migrations.length}: another version was started since. Start this server anew with that version.`,
  )
}

async function checkSecretsService(url: string | null): Promise<Finding> {
  if (url === null) {
    return {
      state: 'not_set',
      message: 'Values of secrets cannot be opened. Start the secrets service and set MILLRACE_SECRETS_URL.',
    }
  }
  const { origin } = new URL(url)
  const response = await fetch(new URL('/api/secrets/ready', url), {
    signal: AbortSignal.timeout(limitMs),
    redirect: 'error',
  }).catch(() => {
    throw new CheckFailed(`Nothing answers at ${origin}. Look whether the secrets service runs.`)
  })
  await response.body?.cancel()
  if (response.ok) return { message: origin }
  throw new CheckFailed(`The secrets service at ${origin} answers ${response.status}. Its log says why.`)
}

/** A disk that is full or read-only shows only when something is written. */
async function checkArtifacts(artifacts: ArtifactStore): Promise<Finding> {
  const folder = `health/${randomUUID()}`
  const bytes = Buffer.from('Written to see whether that works; may be removed.\n')
  try {
    await artifacts.put(`${folder}/check`, bytes)
    if (!bytes.equals(await artifacts.get(`${folder}/check`))) {
      throw new CheckFailed('What was written reads differently. Look at the disk or the store behind it.')
    }
    return { message: 'Written, read and removed' }
  } catch (error) {
    if (error instanceof CheckFailed) throw error
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : ''
    throw new CheckFailed(
      `Packages, logs and outputs cannot be written${code}. Look at the space and the rights of the folder for artifacts.`,
    )
  } finally {
    await artifacts.removeFolder(folder).catch(() => {})
  }
}

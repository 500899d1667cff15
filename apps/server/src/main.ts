import { join, resolve } from 'node:path'
import {
  ConfigError,
  createLogger,
  isMillraceError,
  platformSettings,
  readPlatformSettings,
  secretValues,
  signalFromProcess,
} from '@millrace/core'
import { openDatabase } from '@millrace/db'
import { failureBus, localArtifacts } from '@millrace/engine'
import { requiredSettings } from './required-settings.ts'
import { startServer } from './start-server.ts'

const shortestToken = 16

/** A server for a deployment: everything comes from the environment, see docs/settings.md. */
async function main(): Promise<void> {
  const settings = readPlatformSettings()
  const { databaseUrl, adminToken } = requiredSettings(settings)
  if (adminToken.length < shortestToken) {
    throw new ConfigError('ADMIN_TOKEN_TOO_SHORT', {
      message: `MILLRACE_ADMIN_TOKEN has to have at least ${shortestToken} characters, or it could be guessed. Make one by "openssl rand -base64 32".`,
    })
  }
  const log = await createLogger({ name: 'server', secrets: secretValues(platformSettings, settings) })
  using stop = signalFromProcess({ onAsk: (signal) => log.info({ signal }, 'stopping') })
  await using db = await openDatabase({
    url: databaseUrl,
    applicationName: 'millrace server',
    signal: stop.signal,
    onConnectionLost: (err) => log.warn({ err }, 'a connection to the database was lost'),
  })
  await using server = await startServer({
    db,
    artifacts: localArtifacts(join(resolve(settings.home), 'artifacts')),
    log,
    adminToken,
    host: settings.host,
    port: settings.port,
    leaseSeconds: settings.leaseSeconds,
    failureBus: failureBus(),
    settings,
    scheduler: { retention: { days: settings.retentionDays, keepRuns: settings.retentionRuns } },
  })
  log.info({ url: server.url }, 'listening')
  await new Promise((done) => stop.signal.addEventListener('abort', done))
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${isMillraceError(error) ? error.message : ((error as Error).stack ?? String(error))}\n`)
  process.exitCode = 1
}

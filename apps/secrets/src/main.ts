import {
  ConfigError,
  createLogger,
  isMillraceError,
  platformSettings,
  readPlatformSettings,
  requireSettings,
  signalFromProcess,
} from '@millrace/core'
import { openDatabase } from '@millrace/db'
import { refuseMasterKey } from './private-keys.ts'
import { rotateSecrets, startSecretsServer } from './start-secrets-server.ts'

/**
 * The secrets service for a deployment: everything comes from the environment, see docs/settings.md. `rotate` as the one
 * argument seals what is left with the present key, and ends.
 */
async function main(): Promise<void> {
  const settings = readPlatformSettings()
  const [command] = process.argv.slice(2)
  if (command !== undefined && command !== 'rotate') {
    throw new ConfigError('COMMAND_UNKNOWN', {
      message: `The secrets service knows the command "rotate" only, not "${command}".`,
    })
  }
  refuseMasterKey(settings)
  const names = ['databaseUrl', 'secretsPrivateKeyPath', 'secretsTokenKeyPath'] as const
  const { databaseUrl } = requireSettings(platformSettings, settings, names, {
    who: 'The secrets service',
    next: 'The database is that of the server. docs/guides/secrets.md says how to make the keys by openssl.',
  })
  const log = await createLogger({ name: 'secrets', secrets: [databaseUrl] })
  using stop = signalFromProcess({ onAsk: (signal) => log.info({ signal }, 'stopping') })
  await using db = await openDatabase({
    url: databaseUrl,
    applicationName: 'millrace secrets',
    signal: stop.signal,
    onConnectionLost: (err) => log.warn({ err }, 'a connection to the database was lost'),
  })
  if (command === 'rotate') {
    const result = await rotateSecrets({ db, log, settings, signal: stop.signal })
    log.info({ ...result }, result.isElsewhere ? 'another process is at it' : 'secrets are sealed with the present key')
    if (result.failed > 0) process.exitCode = 1
    return
  }
  await using _server = await startSecretsServer({ db, log, settings })
  await new Promise((done) => stop.signal.addEventListener('abort', done))
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${isMillraceError(error) ? error.message : ((error as Error).stack ?? String(error))}\n`)
  process.exitCode = 1
}

import { ConfigError, closestName, redact } from '@millrace/core'
import type { Json, LogEntry, TaskHost } from '@millrace/workflow'
import { readConnections } from '../config-file/config-file.ts'
import type { Context } from '../context.ts'
import { resolveConnector } from '../endpoint.ts'

const secretPrefix = 'MILLRACE_SECRET_'

/**
 * The world of a task that another engine runs: outputs as they were handed over, connections and secrets by the
 * environment and `millrace.yaml`, the log on standard output.
 */
export function standaloneHost(
  { outputs, engine }: { readonly outputs: Readonly<Record<string, Json>>; readonly engine: string },
  context: Context,
): TaskHost {
  const { secrets } = context
  const onlyMillrace = async (): Promise<never> => {
    throw new ConfigError('RUNS_NOT_KNOWN', {
      message: `Under ${engine} a task cannot see or start runs of workflows, which Millrace's own engine can. Leave that to ${engine}.`,
    })
  }
  return {
    output: async (node) => outputs[node] ?? null,
    async connection(name) {
      const lookup = { connections: () => readConnections(), secrets }
      const { definition, config } = await resolveConnector(name, 'system', lookup)
      const values = Object.entries(config).filter(
        (entry): entry is [string, string | number | boolean] => entry[1] !== undefined && entry[1] !== null,
      )
      return { connector: definition.name, values: Object.fromEntries(values) }
    },
    async secret(name) {
      const variable = secretPrefix + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
      const value = process.env[variable]
      if (value === undefined || value === '') throw unknownSecret(name, variable)
      secrets.add([value])
      return value
    },
    log: (entry) => context.out(`${secrets.mask(logLine(entry))}\n`),
    heartbeat: () => {},
    trigger: onlyMillrace,
    runState: onlyMillrace,
    findRun: onlyMillrace,
    taskState: onlyMillrace,
  }
}

/** The engine that reads it adds the time. */
function logLine({ level, text, fields }: LogEntry): string {
  const rest = fields === undefined || Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`
  return redact(`${level.toUpperCase()} ${text}${rest}`)
}

function unknownSecret(name: string, variable: string): ConfigError {
  const known = Object.keys(process.env)
    .filter((key) => key.startsWith(secretPrefix))
    .map((key) => key.slice(secretPrefix.length).toLowerCase())
  const nearest = closestName(name, known)
  return new ConfigError('SECRET_UNKNOWN', {
    message: `There is no secret "${name}".${nearest ? ` Did you mean "${nearest}"?` : ''} Set ${variable} where the task runs.`,
    details: { secret: name },
  })
}

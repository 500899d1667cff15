import { type GuideSettings, guideSettings, meshAddress, type RetryConfig, readGuideSettings } from '@millrace/core'

/** Where failed tasks are told of. */
export interface FailureBus {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly exchange: string
  readonly queueType: 'classic' | 'quorum'
  readonly retry: RetryConfig
}

/** The message of one failed task, as it goes over the bus. */
export interface RunFailure {
  readonly workflowName: string
  readonly workflowVersion: string
  readonly taskName: string
  /** Run of the engine that ran it. */
  readonly dagRunId?: string
  readonly logUrl?: string
}

export const failureQueue = 'recipe.run.failure.q'
export const failureRoutingKey = 'recipe.run.failure.m'

const meshService = 'interservice-bus'
const localBroker = { host: 'localhost', port: 5672 }

/**
 * The bus that the environment names: by `interservice-bus` in `MESH_CONFIG`, or by any of the `ISB_` variables, whose
 * broker is then on this machine. Null when it names none.
 *
 * @throws ConfigError SETTING_INVALID: names the variable.
 */
export function failureBus(env: Readonly<Record<string, string | undefined>> = process.env): FailureBus | null {
  const settings = readGuideSettings(env)
  const address = meshAddress(settings, meshService)
  const { busUsername, busPassword, busExchange, busQueueType } = guideSettings
  const named = [busUsername, busPassword, busExchange, busQueueType].some((setting) => env[setting.env])
  return address === null && !named ? null : busOf(settings, address ?? localBroker)
}

function busOf(settings: GuideSettings, { host, port }: { readonly host: string; readonly port: number }): FailureBus {
  return {
    ...{ host, port },
    ...{ username: settings.busUsername, password: settings.busPassword },
    ...{ exchange: settings.busExchange, queueType: settings.busQueueType as FailureBus['queueType'] },
    retry: settings.retryConfig,
  }
}

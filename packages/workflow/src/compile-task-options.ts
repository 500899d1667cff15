import { ConfigError, closestName } from '@millrace/core'
import { defaultTaskOptions, type TaskOptions, type TaskOptionsInput } from './task-options.ts'
import { triggerRules } from './trigger-rule.ts'

type Check = { readonly holds: (value: unknown) => boolean; readonly wanted: string }

const number = (from: number, to = Number.MAX_SAFE_INTEGER): Check => ({
  holds: (value) => typeof value === 'number' && value >= from && value <= to,
  wanted: to === Number.MAX_SAFE_INTEGER ? `a number from ${from} on` : `a number from ${from} to ${to}`,
})
const integer = (from: number): Check => ({
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= from,
  wanted: `a whole number from ${from} on`,
})
const anyInteger: Check = { holds: Number.isSafeInteger, wanted: 'a whole number' }
const text: Check = { holds: (value) => typeof value === 'string' && value !== '', wanted: 'a text' }
const oneOf = (values: readonly string[]): Check => ({
  holds: (value) => values.includes(value as string),
  wanted: `one of ${values.join(', ')}`,
})
const orNull = ({ holds, wanted }: Check): Check => ({
  holds: (value) => value === null || holds(value),
  wanted: `${wanted}, or null`,
})
/** Node's timers end at 2^31 ms. */
export const longestTimeoutSeconds = 2_000_000

const seconds = orNull({
  holds: (value) => typeof value === 'number' && value > 0 && value <= longestTimeoutSeconds,
  wanted: 'a number of seconds above 0 and up to 2,000,000',
})

const checks: Readonly<Record<string, Check>> = {
  retries: integer(0),
  retryDelaySeconds: number(0),
  retryBackoff: number(1),
  retryMaxDelaySeconds: number(0),
  retryJitter: number(0, 1),
  'timeouts.scheduleToStartSeconds': seconds,
  'timeouts.startToCloseSeconds': seconds,
  'timeouts.scheduleToCloseSeconds': seconds,
  'timeouts.heartbeatSeconds': seconds,
  queue: text,
  pool: orNull(text),
  poolSlots: integer(1),
  priority: anyInteger,
  'resources.memoryMb': orNull(integer(1)),
  'resources.cpu': orNull(number(0)),
  triggerRule: oneOf(triggerRules),
  isolation: oneOf(['warm', 'process']),
  concurrencyKey: orNull(text),
  concurrencyLimit: integer(1),
}

/**
 * Lays options over the defaults, the later over the earlier, and checks them.
 *
 * @throws ConfigError `TASK_OPTION_UNKNOWN`, `TASK_OPTION_INVALID`, naming the node and the option
 */
export function compileTaskOptions(node: string, layers: readonly (TaskOptionsInput | undefined)[]): TaskOptions {
  let options: TaskOptions = defaultTaskOptions
  for (const layer of layers) {
    if (layer === undefined) continue
    const given = Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined))
    options = {
      ...options,
      ...given,
      timeouts: { ...options.timeouts, ...layer.timeouts },
      resources: { ...options.resources, ...layer.resources },
    }
  }
  const { timeouts, resources, ...flat } = options
  checkOptions(node, flat)
  checkOptions(node, timeouts, 'timeouts.')
  checkOptions(node, resources, 'resources.')
  return options
}

function checkOptions(node: string, options: object, prefix = ''): void {
  for (const [key, value] of Object.entries(options)) {
    const name = `${prefix}${key}`
    const check = checks[name]
    if (check === undefined) throw unknownOption(node, name)
    if (check.holds(value)) continue
    throw new ConfigError('TASK_OPTION_INVALID', {
      message: `Option ${name} of node "${node}" is ${JSON.stringify(value)}; it has to be ${check.wanted}.`,
      details: { node, option: name, value },
    })
  }
}

function unknownOption(node: string, option: string): ConfigError {
  const nearest = closestName(option, Object.keys(checks))
  return new ConfigError('TASK_OPTION_UNKNOWN', {
    message: `Node "${node}" has no option ${option}.${nearest ? ` Did you mean ${nearest}?` : ` There are: ${Object.keys(checks).join(', ')}.`}`,
    details: { node, option },
  })
}

import { redact, redactFields } from '@millrace/core'
import { type ConnectionConfig, connectionSecrets, type LogEntry, type Outcome } from '@millrace/workflow'

export interface SecretMask {
  add(secret: string): void
  addConnection(connection: ConnectionConfig): void
  entry(entry: LogEntry): LogEntry
  outcome(outcome: Outcome): Outcome
}

/**
 * Masks what an attempt was given in confidence in all it says, also in what it prints or what another program of its
 * prints, which the task's own process cannot see.
 */
export function secretMask(): SecretMask {
  const secrets = new Set<string>()
  const text = (value: string) => redact(value, secrets)
  return {
    add: (secret) => void secrets.add(secret),
    addConnection(connection) {
      for (const secret of connectionSecrets(connection)) secrets.add(secret)
    },
    entry(entry) {
      const { fields } = entry
      return {
        ...entry,
        text: text(entry.text),
        ...(fields && { fields: redactFields(fields, new Set(), secrets) as Record<string, unknown> }),
      }
    },
    outcome(outcome) {
      switch (outcome.kind) {
        case 'failure': {
          const { failure } = outcome
          const { code, message, stack } = failure
          return {
            kind: 'failure',
            failure: {
              ...failure,
              code: text(code),
              message: text(message),
              ...(stack !== undefined && { stack: text(stack) }),
            },
          }
        }
        case 'skip':
        case 'defer':
          return { ...outcome, reason: text(outcome.reason) }
        case 'success':
          return outcome
      }
    },
  }
}

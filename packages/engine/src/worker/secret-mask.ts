import { isSecretName, redact, redactFields } from '@millrace/core'
import type { ConnectionConfig, LogEntry, Outcome } from '@millrace/workflow'

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
    addConnection({ values }) {
      for (const [name, value] of Object.entries(values)) {
        if (typeof value !== 'string') continue
        if (isSecretName(name)) secrets.add(value)
        for (const password of passwordsOf(value)) secrets.add(password)
      }
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
          const { message, stack } = failure
          return {
            kind: 'failure',
            failure: { ...failure, message: text(message), ...(stack !== undefined && { stack: text(stack) }) },
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

function passwordsOf(value: string): string[] {
  if (!URL.canParse(value)) return []
  const { password } = new URL(value)
  if (password === '') return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}

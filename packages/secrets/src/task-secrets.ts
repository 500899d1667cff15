import { isMillraceError } from '@millrace/core'
import type { SecretReader } from './secret-store.ts'

/** The secrets that the platform gives to a task by their names: `taskSecrets(context.secrets)`. */
export function taskSecrets(secrets: { get(name: string): Promise<string> }): SecretReader {
  return {
    async read(id) {
      try {
        return await secrets.get(id)
      } catch (error) {
        if (isMillraceError(error) && error.code === 'SECRET_UNKNOWN') return null
        throw error
      }
    },
  }
}

import { createContext, Script } from 'node:vm'

let script: Script | undefined

/**
 * Does something that never waits, and gives it up after so many milliseconds, even in the middle of a regular expression;
 * undefined then. Costs the start of a thread.
 */
export function withinMs<T>(timeoutMs: number, work: () => T): T | undefined {
  script ??= new Script('work()')
  try {
    return script.runInContext(createContext({ work }), { timeout: timeoutMs }) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  }
}

import { loadLocalesLazily } from './lazy-locales.ts'
import type { ServeTasksOptions } from './serve-tasks.ts'

export type { ServeTasksOptions }

/**
 * Runs attempts for the worker that started this process, one after the other, until it hangs up. A program that is the
 * `hostModule` of a process executor calls this and does nothing else.
 */
export async function serveTasks(options: ServeTasksOptions): Promise<void> {
  loadLocalesLazily()
  const tasks = await import('./serve-tasks.ts')
  tasks.serveTasks(options)
}

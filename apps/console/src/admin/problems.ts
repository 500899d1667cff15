import type { LinkProps } from '@tanstack/react-router'
import type { Schema } from '../api/index.ts'

/** Something that an administrator should look at. */
export interface Problem {
  readonly title: string
  /** What it means, and the next step. */
  readonly text: string
  readonly link?: LinkProps
}

type Details = Schema<'HealthDetails'>

/** What the server leans on, as people call it. */
export const checkNames: Readonly<Record<Details['checks'][number]['name'], string>> = {
  database: 'Database',
  migrations: 'Migrations of the database',
  secrets_service: 'Secrets service',
  artifacts: 'Store of results and logs',
}

interface Platform {
  readonly details?: Pick<Details, 'checks' | 'schedulers' | 'requests'>
  readonly workers: readonly Schema<'Worker'>[]
  readonly queues: readonly Schema<'Queue'>[]
  readonly jobs: readonly Schema<'Job'>[]
}

/** What does not work, the gravest first. */
export function problemsOf({ details, workers, queues, jobs }: Platform): readonly Problem[] {
  const problems: Problem[] = []
  for (const { name, state, message } of details?.checks ?? []) {
    if (state === 'ok') continue
    const title = `${checkNames[name]}: ${state === 'failed' ? 'does not work' : 'not set'}`
    problems.push({ title, text: message })
  }
  if (details?.schedulers !== undefined && !details.schedulers.some(({ state }) => state === 'active')) {
    problems.push({
      title: 'No scheduler runs',
      text: 'Schedules and backfills make no runs, and what lost workers held is not taken up. Start a server that has its scheduler on.',
    })
  }
  const failed = details?.requests.server_errors ?? 0
  if (failed > 0) {
    problems.push({
      title: failed === 1 ? '1 request failed lately' : `${failed} requests failed lately`,
      text: 'The server answered them with 5xx. Its log has each as "a request failed", with the reason.',
    })
  }
  if (!workers.some(({ state }) => state === 'active')) {
    problems.push({
      title: 'No worker takes work',
      text: 'Nothing runs until one does. Start a worker with a worker token.',
      link: { to: '/admin/workers' },
    })
  }
  for (const { queue, ready, workers: serving } of queues) {
    if (ready === 0 || serving > 0) continue
    problems.push({
      title: `Nobody serves the queue ${queue}`,
      text: `${ready} task ${ready === 1 ? 'run waits' : 'runs wait'} in it. Start a worker for it, or name another queue in the tasks.`,
      link: { to: '/admin/queues' },
    })
  }
  for (const { name, host, state } of workers) {
    if (state !== 'silent') continue
    problems.push({
      title: `The worker ${name} is silent`,
      text: `It has not been heard from for a while; what it ran is taken up by others. Look after it on ${host}.`,
      link: { to: '/admin/workers' },
    })
  }
  for (const { name, last_run } of jobs) {
    if (last_run?.state !== 'failed') continue
    problems.push({
      title: `The job ${name} failed`,
      text: last_run.error ?? 'It said nothing of why.',
      link: { to: '/admin/jobs/$job', params: { job: name } },
    })
  }
  return problems
}

import type { AttemptSpec } from '../attempt.ts'
import { StopTask } from '../stop-task.ts'

/** A signal that fires with the outer one, or when a timeout of the attempt passes. */
export interface AttemptLimits extends Disposable {
  readonly signal: AbortSignal
  /** A sign of life: the heartbeat timeout begins anew. */
  beat(): void
}

export function attemptLimits({ node }: AttemptSpec, outer: AbortSignal): AttemptLimits {
  const { startToCloseSeconds, heartbeatSeconds } = node.options.timeouts
  const controller = new AbortController()
  const stop = () => controller.abort(stopReason(outer.reason))
  if (outer.aborted) stop()
  else outer.addEventListener('abort', stop, { once: true })
  const timeout = (seconds: number | null, error: () => StopTask) =>
    seconds === null ? undefined : setTimeout(() => controller.abort(error()), seconds * 1000)

  const startToClose = timeout(
    startToCloseSeconds,
    () =>
      new StopTask(
        'timeout',
        `Task "${node.id}" took longer than ${startToCloseSeconds} s. Make it faster, or raise its timeouts.startToCloseSeconds.`,
      ),
  )
  const heartbeat = timeout(
    heartbeatSeconds,
    () =>
      new StopTask(
        'timeout',
        `Task "${node.id}" gave no sign of life for ${heartbeatSeconds} s. Call context.heartbeat() more often, or raise its timeouts.heartbeatSeconds.`,
        'TASK_HEARTBEAT_TIMEOUT',
      ),
  )
  return {
    signal: controller.signal,
    beat: () => void heartbeat?.refresh(),
    [Symbol.dispose]() {
      clearTimeout(startToClose)
      clearTimeout(heartbeat)
      outer.removeEventListener('abort', stop)
    },
  }
}

function stopReason(reason: unknown): StopTask {
  if (reason instanceof Error && reason.name === 'StopTask') return reason as StopTask
  const why = reason instanceof Error && reason.name !== 'AbortError' ? ` ${reason.message}` : ''
  return new StopTask('cancelled', `The task was cancelled.${why}`)
}

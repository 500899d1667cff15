import type { AttemptSpec } from '@millrace/workflow'

/** The task's own process keeps these times too, and says better what happened: it goes first. */
const slackMs = 1000

/** Watches the timeouts of an attempt whose process may not be able to: it may be in an endless loop. */
export function attemptLimits(
  { node }: AttemptSpec,
  onTimeout: (message: string) => void,
): Disposable & { beat(): void } {
  const { startToCloseSeconds, heartbeatSeconds } = node.options.timeouts
  const after = (seconds: number | null, message: string) =>
    seconds === null ? undefined : setTimeout(onTimeout, seconds * 1000 + slackMs, message)
  const close = after(
    startToCloseSeconds,
    `The task ${node.id} did not end within ${startToCloseSeconds} s (timeouts.startToCloseSeconds).`,
  )
  const heartbeat = after(
    heartbeatSeconds,
    `The task ${node.id} did not call heartbeat() for ${heartbeatSeconds} s (timeouts.heartbeatSeconds).`,
  )
  return {
    beat: () => void heartbeat?.refresh(),
    [Symbol.dispose]() {
      clearTimeout(close)
      clearTimeout(heartbeat)
    },
  }
}

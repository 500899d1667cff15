import { useEffect, useState, useSyncExternalStore } from 'react'
import { useLive } from '../live/index.ts'
import { type LogClient, type LogState, openLog } from './log-client.ts'

/** The log of an attempt, read on whenever the server says that it grew, and once more when `isOver` becomes true. */
export function useLog(taskRun: number, attempt: number, isOver: boolean): LogClient | null {
  const [client, setClient] = useState<LogClient | null>(null)
  useEffect(() => {
    const opened = openLog(taskRun, attempt)
    setClient(opened)
    return opened.close
  }, [taskRun, attempt])
  useLive({
    log: `${taskRun}:${attempt}`,
    onLog: (hint) => {
      if (hint.taskRun === taskRun && hint.attempt === attempt) client?.grown()
    },
  })
  useEffect(() => {
    if (isOver) client?.grown()
  }, [client, isOver])
  return client
}

export function useLogState(client: LogClient): LogState {
  return useSyncExternalStore(client.subscribe, client.getState)
}

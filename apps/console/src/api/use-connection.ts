import { useSyncExternalStore } from 'react'
import { connection } from './connection.ts'

/** Whether the server answered the last time that something was asked of it. */
export function useIsConnected(): boolean {
  return !useSyncExternalStore(connection.subscribe, connection.isLost)
}

import { useSyncExternalStore } from 'react'
import { live } from './live.ts'

/** Whether the server tells this tab what changes. */
export function useIsLive(): boolean {
  return useSyncExternalStore(live.subscribe, live.isReady)
}

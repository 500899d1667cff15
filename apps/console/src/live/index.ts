export { restartLive } from './live.ts'
export { useIsLive } from './use-is-live.ts'
export { useLive } from './use-live.ts'

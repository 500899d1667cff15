import { useMutation } from '@tanstack/react-query'
import { useRef } from 'react'
import { type GivenConfig, type Place, testConfig } from './place.ts'

/** Trying settings that are not saved; can be stopped. */
export function useTestConfig(place: Place) {
  const stop = useRef(new AbortController())
  const trial = useMutation({
    mutationFn: async (given: GivenConfig) => {
      stop.current = new AbortController()
      return await testConfig(place, given, stop.current.signal)
    },
    meta: { showsFailure: true },
  })
  const forget = () => {
    stop.current.abort()
    trial.reset()
  }
  return {
    answer: trial.data,
    error: trial.error,
    isPending: trial.isPending,
    run: trial.mutate,
    cancel: forget,
    /** What was found is not about what is typed now. */
    forget,
  }
}

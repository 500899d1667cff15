import type { Fault } from '../types.ts'

/** Decides which requests fail on purpose. */
export interface Faults {
  add(fault: Fault): void
  /** The fault that this request meets, counted as met. */
  next(method: string, path: string): Fault | null
}

export function createFaults(initial: readonly Fault[]): Faults {
  const active: { readonly fault: Fault; before: number; left: number }[] = []
  const add = (fault: Fault) => void active.push({ fault, before: fault.after ?? 0, left: fault.times ?? 1 })
  for (const fault of initial) add(fault)
  return {
    add,
    next(method, path) {
      for (const entry of active) {
        const { fault } = entry
        if (entry.left === 0 || !path.startsWith(fault.path ?? '/')) continue
        if (fault.method !== undefined && fault.method.toUpperCase() !== method) continue
        if (entry.before > 0) {
          entry.before--
          continue
        }
        entry.left--
        return fault
      }
      return null
    },
  }
}

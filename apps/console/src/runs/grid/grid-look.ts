import type { AnyState } from '../../ui/state-look.ts'

interface MarkLook {
  /** So that nobody has to tell states by color. */
  readonly sign: string
  readonly signPx?: number
  /** White on it has 4.5 to 1. */
  readonly light: string
  readonly dark: string
}

const waiting = { sign: '⋯', light: '#5c636a', dark: '#6c757d' }
const running = { sign: '▶', signPx: 9, light: '#1864ab', dark: '#1c7ed6' }

/** The marks of states in the grid. */
export const markLooks: Readonly<Record<AnyState, MarkLook>> = {
  success: { sign: '✓', light: '#2b8a3e', dark: '#2f9e44' },
  failed: { sign: '✕', light: '#c92a2a', dark: '#e03131' },
  running,
  expanded: { ...running, sign: '≫', signPx: 12 },
  ready: { sign: '◔', light: '#5f3dc4', dark: '#7048e8' },
  skipped: { sign: '»', light: '#862e9c', dark: '#9c36b5' },
  upstream_failed: { sign: '↑', light: '#b35309', dark: '#c2570c' },
  cancelled: { sign: '⊘', light: '#7a5d00', dark: '#8f6f00' },
  waiting,
  queued: waiting,
}

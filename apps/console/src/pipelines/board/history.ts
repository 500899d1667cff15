/** What was edited, step by step. */
export interface History<State> {
  readonly past: readonly State[]
  readonly present: State
  readonly future: readonly State[]
  /** What the last step was about; the next one about the same is part of it. */
  readonly topic: string | undefined
}

const longest = 200

export function historyOf<State>(present: State): History<State> {
  return { past: [], present, future: [], topic: undefined }
}

/** @param topic Steps of the same topic are undone at once, such as what is typed into one form. */
export function done<State>(history: History<State>, next: State, topic?: string): History<State> {
  if (next === history.present) return history
  const isSameStep = topic !== undefined && topic === history.topic
  const past = isSameStep ? history.past : [...history.past, history.present].slice(-longest)
  return { past, present: next, future: [], topic }
}

export function undone<State>({ past, present, future, ...rest }: History<State>): History<State> {
  const before = past.at(-1)
  if (before === undefined) return { past, present, future, ...rest }
  return { past: past.slice(0, -1), present: before, future: [present, ...future], topic: undefined }
}

export function redone<State>({ past, present, future, ...rest }: History<State>): History<State> {
  const [next, ...others] = future
  if (next === undefined) return { past, present, future, ...rest }
  return { past: [...past, present], present: next, future: others, topic: undefined }
}

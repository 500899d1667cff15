import type { Schema } from '../../api/index.ts'

export type Node = Schema<'RunGraph'>['nodes'][number]

/** A task in two runs. */
export interface ComparedTask {
  readonly id: string
  readonly left: Node | undefined
  readonly right: Node | undefined
  /** Null where it did not start there. */
  readonly leftMs: number | null
  readonly rightMs: number | null
  /** How much longer it took on the right; null where one side has no duration. */
  readonly differenceMs: number | null
}

/** The tasks of two runs side by side: other states first, then those on one side only, then by how much longer or shorter. */
export function compareTasks(left: readonly Node[], right: readonly Node[], now: number): readonly ComparedTask[] {
  const leftOf = new Map(left.map((node) => [node.id, node]))
  const rightOf = new Map(right.map((node) => [node.id, node]))
  const ids = new Set([...right, ...left].map(({ id }) => id))
  const tasks = [...ids].map((id): ComparedTask => {
    const [a, b] = [leftOf.get(id), rightOf.get(id)]
    const [leftMs, rightMs] = [durationMs(a, now), durationMs(b, now)]
    return {
      ...{ id, left: a, right: b, leftMs, rightMs },
      differenceMs: leftMs === null || rightMs === null ? null : rightMs - leftMs,
    }
  })
  return tasks.toSorted((a, b) => rank(a) - rank(b) || Math.abs(b.differenceMs ?? 0) - Math.abs(a.differenceMs ?? 0))
}

function rank({ left, right }: ComparedTask): number {
  if (left === undefined || right === undefined) return 1
  return left.state === right.state ? 2 : 0
}

function durationMs(node: Node | undefined, now: number): number | null {
  if (node?.started_at === undefined) return null
  return (node.ended_at === undefined ? now : Date.parse(node.ended_at)) - Date.parse(node.started_at)
}

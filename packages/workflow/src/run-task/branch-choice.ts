import { ConfigError } from '@millrace/core'
import type { AttemptSpec } from '../attempt.ts'
import { type NodeIndex, resolveRef } from '../node-ref.ts'
import { type NodeRef, refName } from '../task.ts'

/**
 * Ids of the direct downstreams that a branch chose. A group stands for those of its nodes that are direct downstreams.
 *
 * @throws ConfigError `CHOICE_INVALID`
 */
export function branchChoice({ node }: AttemptSpec, chosen: unknown, index: NodeIndex | undefined): readonly string[] {
  const refs = (Array.isArray(chosen) ? chosen : [chosen]) as readonly NodeRef[]
  const { downstreams } = node
  if (downstreams === undefined) return refs.map(refName)
  const within = (group: string) => downstreams.filter((id) => id.startsWith(`${group}.`))
  const choices: NodeIndex = {
    has: (id) => downstreams.includes(id) || within(id).length > 0,
    ids: () => downstreams,
    idsOf: (task) => {
      if (index !== undefined) return index.idsOf(task).filter((id) => downstreams.includes(id))
      const name = refName(task)
      return downstreams.filter((id) => id === name || id.endsWith(`.${name}`))
    },
  }
  const place = { group: node.group, asker: `Branch "${node.id}"`, wanted: 'one of its direct downstreams' }
  const ids = refs.flatMap((ref) => {
    try {
      const id = resolveRef(ref, choices, place)
      return downstreams.includes(id) ? [id] : within(id)
    } catch (cause) {
      throw new ConfigError('CHOICE_INVALID', {
        message: cause instanceof Error ? cause.message : String(cause),
        details: { node: node.id, downstreams },
        cause,
      })
    }
  })
  return [...new Set(ids)]
}

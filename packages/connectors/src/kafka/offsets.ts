import type { KafkaGroup, Part } from './group.ts'

const earliest = -2n
const latest = -1n

/**
 * Finds where to read the partitions that are new to this consumer: where the group left off, else at
 * the beginning or the end. The end is committed at once, or a restart would begin at a later one.
 * Partitions beyond `known` were added since the consumer began, and are read from their beginning.
 */
export async function findPlaces(
  group: KafkaGroup,
  { from, known }: { readonly from: 'earliest' | 'latest'; readonly known: number },
): Promise<void> {
  const fresh = [...group.parts.values()].filter(({ next }) => next === null)
  if (fresh.length === 0) return
  const committed = await committedOf(group, partitionsOf(fresh))
  const without = fresh.filter(({ partition }) => !committed.has(partition))
  const atEnd = without.filter(({ partition }) => from === 'latest' && partition < known)
  const firsts = await offsetsOf(group, partitionsOf(without), earliest)
  const lasts = await offsetsOf(group, partitionsOf(atEnd), latest)
  const places = atEnd.map((part) => [part, lasts.get(part.partition) ?? 0n] as const)
  if (places.length > 0 && !(await group.place(places))) return
  for (const part of fresh) {
    const { partition } = part
    part.next = committed.get(partition) ?? lasts.get(partition) ?? firsts.get(partition) ?? 0n
  }
}

/** Offsets between what the group committed and the end, over all partitions. */
export async function findLag(group: KafkaGroup, from: 'earliest' | 'latest'): Promise<number> {
  const { topics } = await group.consumer.metadata({ topics: [group.topic] })
  const all = [...Array(topics.get(group.topic)?.partitionsCount ?? 0).keys()]
  const committed = await committedOf(group, all)
  const ends = await offsetsOf(group, all, latest)
  const starts = from === 'earliest' ? await offsetsOf(group, all, earliest) : ends
  return all.reduce((sum, partition) => {
    const begin = committed.get(partition) ?? starts.get(partition) ?? 0n
    return sum + Math.max(0, Number((ends.get(partition) ?? begin) - begin))
  }, 0)
}

async function committedOf({ consumer, topic }: KafkaGroup, partitions: number[]): Promise<Map<number, bigint>> {
  const found = (await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] })).get(topic) ?? []
  return pick(partitions, found)
}

/** None for no partitions: the driver takes that for all of them. */
async function offsetsOf({ consumer, topic }: KafkaGroup, partitions: number[], timestamp: bigint) {
  if (partitions.length === 0) return new Map<number, bigint>()
  const asked = { topics: [topic], partitions: { [topic]: partitions }, timestamp }
  return pick(partitions, (await consumer.listOffsets(asked)).get(topic) ?? [])
}

/** A negative offset means none. */
function pick(partitions: readonly number[], offsets: readonly (bigint | undefined)[]): Map<number, bigint> {
  return new Map(
    partitions.flatMap((partition) => {
      const offset = offsets[partition]
      return offset === undefined || offset < 0n ? [] : [[partition, offset] as const]
    }),
  )
}

const partitionsOf = (parts: readonly Part[]) => parts.map(({ partition }) => partition)

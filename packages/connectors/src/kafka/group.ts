import { abortable, type MillraceError, TransientError } from '@millrace/core'
import type { ConnectionPool } from '@platformatic/kafka'
import type { ConsumeOptions } from '../kit/stream.ts'
import {
  clientOptions,
  groupOptions,
  hasApiError,
  type KafkaConsumer,
  type KafkaDriver,
  type KafkaPlace,
  kafkaError,
} from './client.ts'

/** A partition for as long as it is this consumer's; one that comes back after others had it is a new one. */
export interface Part {
  readonly partition: number
  /** Where the next fetch begins; null until it is known. */
  next: bigint | null
  /** What to commit for the messages that were handed out, and how many they are; null when there are none. */
  done: bigint | null
  held: number
}

export interface KafkaGroup extends AsyncDisposable {
  readonly consumer: KafkaConsumer
  readonly topic: string
  /** The partitions that are this consumer's now. */
  readonly parts: ReadonlyMap<number, Part>
  readonly owns: (part: Part) => boolean
  /** Connections for fetches, which wait at the broker and would hold up signs of life. */
  readonly fetchPool: ConnectionPool
  /** @throws TransientError when the membership is lost */
  check(): void
  /** Commits what was handed out of the partitions that are still ours. What others took over comes again to them. */
  commit(): Promise<void>
  /** Commits places for partitions as they are ours at this moment, or does nothing because they no longer are. */
  place(offsets: readonly (readonly [Part, bigint])[]): Promise<boolean>
  /** Has the partitions of the topic shared out anew when there are more of them; only the group's leader can. */
  grown(count: number): void
}

const closeMs = 5000
const movedIds = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']
const coordinatorIds = ['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS']

interface Member {
  readonly memberId: string
  readonly generationId: number
  readonly isLeader: boolean
}

/**
 * Joins the group and stays in it. The driver keeps the membership; commits are sent here, because the
 * driver would repeat one that a rebalance refused in the name of the new generation, and so move the
 * offset of a partition that is another consumer's by then.
 */
export async function joinGroup(
  place: KafkaPlace,
  driver: KafkaDriver,
  { stream: topic, group = String(place.config.group ?? 'millrace'), signal }: ConsumeOptions,
): Promise<KafkaGroup> {
  const base = clientOptions(place)
  const consumer: KafkaConsumer = new driver.Consumer({ ...base, ...groupOptions(place, group) })
  const requestTimeout = 30_000
  const fetchPool = new driver.ConnectionPool('millrace', { ...base, requestTimeout })
  const commitPool = new driver.ConnectionPool('millrace', { ...base, requestTimeout })
  const instance = place.config.instance === undefined ? null : String(place.config.instance)
  const parts = new Map<number, Part>()
  let member: Member = { memberId: '', generationId: -1, isLeader: false }
  let joined = Promise.withResolvers<void>()
  let lost: MillraceError | undefined
  let count = 0
  let closed = false

  const lose = (error: unknown) => {
    lost ??= kafkaError(place, error)
    joined.resolve()
  }
  consumer.on('error', lose)
  consumer.on('consumer:heartbeat:stalled', ({ lastError }) =>
    lose(lastError ?? new Error('No sign of life came through.')),
  )
  consumer.on('consumer:group:join', ({ memberId, generationId = 0, isLeader = false, assignments = [] }) => {
    const mine = new Set(assignments.flatMap((given) => (given.topic === topic ? given.partitions : [])))
    // Who was in each generation knows that nobody else had the partition in between.
    const stayed = memberId === member.memberId && generationId - member.generationId <= 1
    for (const partition of parts.keys()) if (!stayed || !mine.has(partition)) parts.delete(partition)
    for (const partition of mine) {
      if (!parts.has(partition)) parts.set(partition, { partition, next: null, done: null, held: 0 })
    }
    member = { memberId, generationId, isLeader }
    joined.resolve()
    joined = Promise.withResolvers()
  })

  async function send(by: Member, offsets: readonly (readonly [Part, bigint])[]): Promise<void> {
    const api = await commitApi(driver, consumer)
    const partitions = offsets.map(([{ partition }, offset]) => ({
      ...{ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: null },
    }))
    for (let attempt = 1; ; attempt++) {
      try {
        const coordinator = await consumer.findGroupCoordinator()
        const broker = (await consumer.metadata({ topics: [topic] })).brokers.get(coordinator)
        if (broker === undefined) throw new Error(`The broker ${coordinator}, which keeps the group, is gone.`)
        const connection = await commitPool.get(broker)
        await api.async(connection, group, by.generationId, by.memberId, instance, [{ name: topic, partitions }])
        return
      } catch (error) {
        if (attempt === 5 || !hasApiError(error, ...coordinatorIds)) throw error
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
  }

  const check = () => {
    if (lost) throw lost
  }
  const self: KafkaGroup = {
    ...{ consumer, topic, parts, fetchPool, check },
    owns: (part) => parts.get(part.partition) === part,
    async commit() {
      for (;;) {
        check()
        const offsets = [...parts.values()].flatMap((part) => (part.done === null ? [] : [[part, part.done] as const]))
        if (offsets.length === 0) return
        const moved = joined.promise
        try {
          await send(member, offsets)
          for (const [part] of offsets) Object.assign(part, { done: null, held: 0 })
          return
        } catch (error) {
          if (!hasApiError(error, ...movedIds)) throw kafkaError(place, error)
          await moved
        }
      }
    },
    async place(offsets) {
      if (!offsets.every(([part]) => self.owns(part))) return false
      try {
        await send(member, offsets)
        return true
      } catch (error) {
        if (!hasApiError(error, ...movedIds)) throw kafkaError(place, error)
        return false
      }
    },
    grown(partitions) {
      if (partitions <= count || !member.isLeader) return
      count = partitions
      consumer.joinGroup({}).catch(lose)
    },
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      const leaving = Promise.all([fetchPool.close(), commitPool.close(), consumer.close(true)]).catch(() => {})
      await within(closeMs, leaving)
      await consumer.connections.close().catch(() => {})
    },
  }
  try {
    const found = consumer.metadata({ topics: [topic] })
    found.catch(() => {})
    count = (await abortable(found, signal)).topics.get(topic)?.partitionsCount ?? 0
    consumer.topics.track(topic)
    const joining = consumer.joinGroup({})
    joining.catch(() => {})
    await abortable(joining, signal)
    return self
  } catch (error) {
    await self[Symbol.asyncDispose]()
    signal?.throwIfAborted()
    throw kafkaError(place, error)
  }
}

/** The newest way to commit that both sides know and that names topics and instances. */
async function commitApi(driver: KafkaDriver, consumer: KafkaConsumer) {
  const known = (await consumer.listApis()).find(({ name }) => name === 'OffsetCommit')
  const versions = [driver.offsetCommitV9, driver.offsetCommitV8, driver.offsetCommitV7]
  const usable = versions.find(({ api }) => known && api.version <= known.maxVersion && api.version >= known.minVersion)
  if (usable) return usable.api
  throw new TransientError('COMMAND_REFUSED', { message: 'The broker is older than Kafka 2.3. Update it.' })
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}

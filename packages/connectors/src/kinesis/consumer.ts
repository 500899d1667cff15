import { abortable, ConfigError, throwIfAborted } from '@millrace/core'
import type { ConsumeOptions, PullOptions, StreamConsumer, StreamMessage } from '../kit/stream.ts'
import { type Checkpoints, openCheckpoints } from './checkpoints.ts'
import { connectKinesis, type Kinesis, type KinesisPlace } from './client.ts'
import { listShards, readShard, type Shard } from './shards.ts'

/** Kinesis gives no more at a time. */
const mostRecords = 10_000

/**
 * Reads all shards of a stream, parents before their children, so that the order of a partition key
 * outlives a resharding. How far the group got is in a file of the state directory.
 */
export async function openKinesisConsumer(place: KinesisPlace, options: ConsumeOptions): Promise<StreamConsumer> {
  const { stream, group = 'millrace', from = 'earliest', stateDirectory, signal } = options
  if (stateDirectory === undefined) {
    throw new ConfigError('STATE_DIRECTORY_REQUIRED', {
      message: 'Kinesis keeps no place for its readers. Give a state directory, where it is kept.',
    })
  }
  const kinesis = await connectKinesis(place)
  try {
    const region = await kinesis.run(() => kinesis.client.config.region())
    const listing = listShards(kinesis, stream)
    listing.catch(() => {})
    await abortable(listing, signal)
    const checkpoints = await openCheckpoints(stateDirectory, {
      identity: `kinesis ${place.config.endpoint ?? ''} ${region} ${stream} ${group}`,
      from: from === 'earliest' ? from : new Date().toISOString(),
    })
    return consume(kinesis, checkpoints, options)
  } catch (error) {
    kinesis[Symbol.dispose]()
    throw error
  }
}

function consume(kinesis: Kinesis, checkpoints: Checkpoints, options: ConsumeOptions): StreamConsumer {
  const { stream, maxUncommitted = 10_000 } = options
  const { from } = checkpoints.first
  const shards = new Map<string, Shard>()
  const waiting: { readonly shard: Shard; readonly sequence: string; readonly message: StreamMessage }[] = []
  let saved = checkpoints.first.shards
  /** Last record of each shard that was handed out and not committed. */
  const done = new Map<string, string>()
  let held = 0
  let averageBytes = 1000
  let listed = false
  let reading: Promise<void> | undefined
  let closed = false

  async function list(): Promise<void> {
    const found = await listShards(kinesis, stream)
    for (const shard of found) {
      if (shards.has(shard.id)) continue
      const place = saved[shard.id]
      shards.set(shard.id, { ...shard, place: place ?? null, ended: place === null })
    }
    // What Kinesis has forgotten need not be remembered.
    const known = new Set(found.map(({ id }) => id))
    for (const id of shards.keys()) if (!known.has(id)) shards.delete(id)
    saved = Object.fromEntries(Object.entries(saved).filter(([id]) => known.has(id)))
    listed = true
  }

  const open = () =>
    [...shards.values()].filter(
      ({ ended, parents }) => !ended && parents.every((parent) => shards.get(parent)?.ended ?? true),
    )

  async function read(shard: Shard, limit: number): Promise<void> {
    const { records, ended } = await readShard(kinesis, shard, { stream, from, limit })
    for (const { Data: value = new Uint8Array(), SequenceNumber: sequence = '', ...rest } of records) {
      const { PartitionKey: key = null, ApproximateArrivalTimestamp: time = null } = rest
      const position = `${stream}/${shard.id}@${sequence}`
      waiting.push({ shard, sequence, message: { value, key, time, position, headers: {}, redelivered: false } })
      averageBytes = Math.max(1, Math.round((averageBytes * 9 + value.byteLength) / 10))
    }
    // Its children are read from now on.
    if (ended) listed = false
    shard.ended = ended
  }

  function take(maxMessages: number, maxBytes: number): StreamMessage[] {
    const messages: StreamMessage[] = []
    for (let bytes = 0; messages.length < maxMessages && bytes < maxBytes; ) {
      const next = waiting.shift()
      if (next === undefined) break
      messages.push(next.message)
      bytes += next.message.value.byteLength
      done.set(next.shard.id, next.sequence)
    }
    held += messages.length
    return messages
  }

  return {
    maxUncommitted,
    /** Looks into every shard at least once, so that nothing pulled means that there was nothing. */
    async pull({ maxMessages, maxBytes, waitMs, signal }: PullOptions) {
      throwIfAborted(signal)
      const began = performance.now()
      const room = Math.min(maxMessages, maxUncommitted - held)
      if (room <= 0) return []
      const limit = Math.min(room, mostRecords, Math.max(1, Math.ceil(maxBytes / averageBytes)))
      for (;;) {
        if (reading !== undefined) await abortable(reading, signal)
        const messages = take(room, maxBytes)
        if (messages.length > 0) return messages
        const [next] = open().sort((one, other) => one.readAt - other.readAt)
        const now = performance.now()
        if (!listed || (next && next.readAt <= now)) {
          reading = (listed && next ? read(next, limit) : list()).finally(() => {
            reading = undefined
          })
          reading.catch(() => {})
        } else if (now >= began + waitMs && open().every(({ caughtUpAt }) => caughtUpAt >= began)) {
          return []
        } else {
          await pause(Math.max(1, Math.min(next?.readAt ?? Number.POSITIVE_INFINITY, now + 200) - now), signal)
        }
      }
    },
    async commit() {
      const ended = [...shards.values()].filter((shard) => shard.ended && !waiting.some((one) => one.shard === shard))
      const next = { ...saved, ...Object.fromEntries(done), ...Object.fromEntries(ended.map(({ id }) => [id, null])) }
      if (JSON.stringify(next) !== JSON.stringify(saved)) await checkpoints.save({ from, shards: next })
      saved = next
      done.clear()
      held = 0
    },
    lag: async () => null,
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      kinesis[Symbol.dispose]()
      await checkpoints[Symbol.asyncDispose]()
    },
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await abortable(over, signal).finally(() => clearTimeout(timer))
}

import { abortable, throwIfAborted } from '@millrace/core'
import type { ConsumeOptions, PullOptions, StreamConsumer, StreamMessage } from '../kit/stream.ts'
import { type FetchResponse, hasApiError, type KafkaPlace, kafkaDriver, kafkaError, responseOf } from './client.ts'
import { joinGroup, type KafkaGroup, type Part } from './group.ts'
import { findLag, findPlaces } from './offsets.ts'
import { type Fetched, messagesOf } from './records.ts'

/** A fetch waits no longer at the broker, so that one nobody waits for any more is soon over. */
const fetchWaitMs = 500

/** Reads the partitions that the group gives to this consumer, and commits only what `commit` says. */
export async function openKafkaConsumer(place: KafkaPlace, options: ConsumeOptions): Promise<StreamConsumer> {
  const group = await joinGroup(place, await kafkaDriver(), options)
  return consume(place, group, options)
}

function consume(place: KafkaPlace, group: KafkaGroup, options: ConsumeOptions): StreamConsumer {
  const { from = 'earliest', maxUncommitted = 10_000 } = options
  const { consumer, topic, parts, owns } = group
  const known = consumer.currentMetadata?.topics.get(topic)?.partitionsCount ?? 0
  const waiting: { readonly part: Part; readonly fetched: Fetched }[] = []
  /** By broker: each answers one fetch at a time. */
  const fetches = new Map<number, Promise<void>>()

  function take(maxMessages: number, maxBytes: number): StreamMessage[] {
    const messages: StreamMessage[] = []
    for (let bytes = 0; messages.length < maxMessages && bytes < maxBytes; ) {
      const first = waiting.shift()
      if (first === undefined) break
      const { part, fetched } = first
      if (!owns(part)) continue
      messages.push(fetched.message)
      bytes += fetched.message.value.byteLength
      part.done = fetched.after
      part.held++
    }
    return messages
  }

  async function fetchFrom(node: number, topicId: string, asked: readonly Part[], limits: FetchLimits) {
    const offsets = new Map(asked.map((part) => [part.partition, part.next as bigint]))
    const partitions = [...offsets].map(([partition, fetchOffset]) => ({
      ...{ partition, fetchOffset, currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: limits.maxBytes },
    }))
    let response: FetchResponse
    try {
      const { fetchPool: connectionPool } = group
      response = await consumer.fetch({
        ...{ node, connectionPool, ...limits, minBytes: 1, topics: [{ topicId, partitions }] },
      })
    } catch (error) {
      const refused = hasApiError(error, 'OFFSET_OUT_OF_RANGE') ? responseOf(error) : undefined
      if (refused === undefined) throw error
      response = refused
    }
    for (const answer of response.responses.flatMap((one) => one.partitions)) {
      const part = asked.find(({ partition }) => partition === answer.partitionIndex)
      if (part === undefined || !owns(part) || part.next !== offsets.get(part.partition)) continue
      if (answer.errorCode === offsetOutOfRange) {
        // The broker has thrown away what was next, or the topic was made anew: what there is comes first.
        part.next = await firstOffset(part)
      } else if (answer.errorCode === 0) {
        const { messages, next } = messagesOf(answer, topic, part.next as bigint)
        part.next = next
        waiting.push(...messages.map((fetched) => ({ part, fetched })))
      }
    }
  }

  const firstOffset = async ({ partition }: Part) =>
    (await consumer.listOffsets({ topics: [topic], partitions: { [topic]: [partition] }, timestamp: -2n })).get(
      topic,
    )?.[partition] ?? 0n

  /** Resolves when a broker has answered, with or without messages. */
  async function fetchMore(maxBytes: number, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const found = consumer.metadata({ topics: [topic] })
    found.catch(() => {})
    const metadata = (await abortable(found, signal)).topics.get(topic)
    group.grown(metadata?.partitionsCount ?? 0)
    const places = findPlaces(group, { from, known })
    places.catch(() => {})
    await abortable(places, signal)
    const byNode = Map.groupBy(
      [...parts.values()].filter(({ next }) => next !== null),
      ({ partition }) => metadata?.partitions[partition]?.leader ?? -1,
    )
    const limits = { maxBytes: Math.ceil(maxBytes / Math.max(1, byNode.size)), maxWaitTime: waitMs }
    for (const [node, asked] of byNode) {
      if (fetches.has(node) || metadata === undefined) continue
      const fetching = fetchFrom(node, metadata.id, asked, limits).finally(() => fetches.delete(node))
      fetching.catch(() => {})
      fetches.set(node, fetching)
    }
    const nothing = fetches.size > 0 ? [] : [pause(waitMs)]
    await abortable(Promise.race([...fetches.values(), ...nothing]), signal)
  }

  return {
    maxUncommitted,
    async pull({ maxMessages, maxBytes, waitMs, signal }: PullOptions) {
      throwIfAborted(signal)
      const until = performance.now() + waitMs
      const held = [...parts.values()].reduce((sum, part) => sum + part.held, 0)
      const room = Math.min(maxMessages, maxUncommitted - held)
      if (room <= 0) return []
      for (;;) {
        group.check()
        const messages = take(room, maxBytes)
        if (messages.length > 0) return messages
        const wait = Math.max(0, Math.min(until - performance.now(), fetchWaitMs))
        try {
          await fetchMore(maxBytes, Math.ceil(wait), signal)
        } catch (error) {
          throwIfAborted(signal)
          throw kafkaError(place, error)
        }
        if (waiting.length === 0 && performance.now() >= until) return []
      }
    },
    commit: () => group.commit(),
    async lag() {
      try {
        return await findLag(group, from)
      } catch (error) {
        throw kafkaError(place, error)
      }
    },
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  }
}

interface FetchLimits {
  readonly maxBytes: number
  readonly maxWaitTime: number
}

const offsetOutOfRange = 1

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

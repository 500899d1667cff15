import type { fetchV17, KafkaRecord, RecordsBatch } from '@platformatic/kafka'
import type { StreamMessage } from '../kit/stream.ts'

const logAppendTime = 8
const transactional = 16
const control = 32

type FetchResponsePartition = fetchV17.FetchResponsePartition

export interface Fetched {
  readonly message: StreamMessage
  /** Where to go on once this message is done. */
  readonly after: bigint
}

/**
 * Messages of a partition from an offset on, without markers and those of transactions that were aborted, and
 * where the next fetch begins. A fetch returns batches whole, so they may begin earlier.
 */
export function messagesOf(
  response: FetchResponsePartition,
  topic: string,
  from: bigint,
): { messages: Fetched[]; next: bigint } {
  const messages: Fetched[] = []
  let next = from
  const batches = committedBatches(response)
  for (const batch of response.records ?? []) {
    const after = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
    if (batches.has(batch)) {
      for (const record of batch.records) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta)
        if (offset < from) continue
        const position = `${topic}/${response.partitionIndex}@${offset}`
        messages.push({ message: streamMessage(record, batch, position), after: offset + 1n })
      }
    }
    if (after > next) next = after
  }
  const last = messages.at(-1)
  // Markers and gaps behind the last message are done with it.
  if (last) messages[messages.length - 1] = { ...last, after: next }
  return { messages, next }
}

/** The broker names each aborted transaction by its producer and first offset; it ends at the producer's next marker. */
function committedBatches({ records, abortedTransactions }: FetchResponsePartition): ReadonlySet<RecordsBatch> {
  const aborted = [...(abortedTransactions ?? [])].sort((a, b) => Number(a.firstOffset - b.firstOffset))
  const open = new Set<bigint>()
  const kept = new Set<RecordsBatch>()
  for (const batch of records ?? []) {
    while (aborted[0] && aborted[0].firstOffset <= batch.firstOffset + BigInt(batch.lastOffsetDelta)) {
      open.add((aborted.shift() as { producerId: bigint }).producerId)
    }
    if (batch.attributes & control) open.delete(batch.producerId)
    else if (!(batch.attributes & transactional && open.has(batch.producerId))) kept.add(batch)
  }
  return kept
}

function streamMessage(record: KafkaRecord, batch: RecordsBatch, position: string): StreamMessage {
  const { attributes, firstTimestamp, maxTimestamp } = batch
  const time = Number(attributes & logAppendTime ? maxTimestamp : firstTimestamp + record.timestampDelta)
  const headers = record.headers.map(([name, value]) => [name?.toString() ?? '', value?.toString() ?? ''] as const)
  return {
    value: record.value ?? new Uint8Array(),
    key: record.key?.toString() ?? null,
    headers: Object.fromEntries(headers),
    time: time < 0 ? null : new Date(time),
    position,
    redelivered: false,
  }
}

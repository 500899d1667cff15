import type { _Record as KinesisRecord } from '@aws-sdk/client-kinesis'
import { errorName, type Kinesis } from './client.ts'

/** A shard that is read no more than five times a second, as Kinesis allows. */
export interface Shard {
  readonly id: string
  readonly parents: readonly string[]
  iterator: string | undefined
  /** Sequence number of the last record that was read; null before the first. */
  place: string | null
  /** Not to be read before. By the clock of `performance`, as all times here. */
  readAt: number
  /** When it was last read to its end. */
  caughtUpAt: number
  /** A shard that was split or merged, and has nothing more. */
  ended: boolean
}

export interface Read {
  readonly records: readonly KinesisRecord[]
  /** The shard has nothing more. */
  readonly ended: boolean
}

const readEveryMs = 200
const throttledMs = 1000

export async function listShards({ sdk, client, run }: Kinesis, stream: string): Promise<Shard[]> {
  const shards: Shard[] = []
  let token: string | undefined
  do {
    const asked = token === undefined ? { StreamName: stream } : { NextToken: token }
    const page = await run(() => client.send(new sdk.ListShardsCommand(asked)))
    for (const { ShardId: id = '', ParentShardId, AdjacentParentShardId } of page.Shards ?? []) {
      const parents = [ParentShardId, AdjacentParentShardId].filter((parent) => parent !== undefined)
      const fresh = { iterator: undefined, place: null, readAt: 0, caughtUpAt: Number.NEGATIVE_INFINITY, ended: false }
      shards.push({ id, parents, ...fresh })
    }
    token = page.NextToken
  } while (token !== undefined)
  return shards
}

/** Reads on in a shard. Nothing comes when it was asked too often, or its iterator was too old: both pass. */
export async function readShard(
  { sdk, client, run }: Kinesis,
  shard: Shard,
  { stream, from, limit }: { readonly stream: string; readonly from: string; readonly limit: number },
): Promise<Read> {
  shard.readAt = performance.now() + readEveryMs
  return await run(async () => {
    try {
      if (shard.iterator === undefined) {
        const place = { StreamName: stream, ShardId: shard.id, ...startOf(shard, from) }
        shard.iterator = (await client.send(new sdk.GetShardIteratorCommand(place))).ShardIterator
      }
      const command = new sdk.GetRecordsCommand({ ShardIterator: shard.iterator, Limit: limit })
      const {
        Records: records = [],
        NextShardIterator: next,
        MillisBehindLatest: late = 0,
      } = await client.send(command)
      shard.iterator = next
      shard.place = records.at(-1)?.SequenceNumber ?? shard.place
      if (late === 0) shard.caughtUpAt = performance.now()
      return { records, ended: next === undefined || next === '' }
    } catch (error) {
      if (errorName(error) === 'ExpiredIteratorException') shard.iterator = undefined
      else if (!/^(ProvisionedThroughputExceeded|LimitExceeded|KMSThrottling)/.test(errorName(error))) throw error
      else shard.readAt = performance.now() + throttledMs
      return { records: [], ended: false }
    }
  })
}

function startOf({ place }: Shard, from: string) {
  if (place !== null) return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: place }
  if (from === 'earliest') return { ShardIteratorType: 'TRIM_HORIZON' as const }
  return { ShardIteratorType: 'AT_TIMESTAMP' as const, Timestamp: new Date(from) }
}

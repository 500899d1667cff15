import type { StreamMessage } from '../kit/stream.ts'

export interface Entry {
  readonly id: string
  /** Names and values in turn; null for an entry that was deleted while it was pending. */
  readonly fields: readonly Buffer[] | null
}

/** Entries of a reply of XREADGROUP, which is a list of streams; none when it is nil. */
export function entriesOf(reply: unknown): Entry[] {
  const streams = (reply ?? []) as readonly (readonly [
    unknown,
    readonly (readonly [Buffer, Buffer[] | null] | null)[],
  ])[]
  return streams.flatMap(([, entries]) =>
    entries.filter((entry) => entry !== null).map(([id, fields]) => ({ id: id.toString(), fields })),
  )
}

/** With `field`, its value is the message and the other fields are headers; without, all fields are one JSON object. */
export function entryMessage(
  { id, fields }: Entry,
  stream: string,
  field: string | null,
  redelivered: boolean,
): StreamMessage {
  const pairs: [name: string, value: Buffer][] = []
  for (let at = 0; fields !== null && at + 1 < fields.length; at += 2) {
    pairs.push([(fields[at] as Buffer).toString(), fields[at + 1] as Buffer])
  }
  const own = field === null ? undefined : pairs.find(([name]) => name === field)?.[1]
  const rest = field === null ? [] : pairs.filter(([name]) => name !== field)
  return {
    value: field === null ? jsonObject(pairs) : (own ?? Buffer.alloc(0)),
    key: null,
    headers: Object.fromEntries(rest.map(([name, value]) => [name, value.toString()])),
    time: timeOf(id),
    position: `${stream}@${id}`,
    redelivered,
  }
}

/** Bytes that are no UTF-8 stay as they are, for whoever reads the message to refuse. */
function jsonObject(pairs: readonly (readonly [string, Buffer])[]): Buffer {
  const parts = pairs.flatMap(([name, value], index) => [
    Buffer.from(`${index > 0 ? ',' : ''}${JSON.stringify(name)}:`),
    asJsonString(value),
  ])
  return Buffer.concat([Buffer.from('{'), ...parts, Buffer.from('}')])
}

function asJsonString(value: Buffer): Buffer {
  const text = value.toString()
  return Buffer.from(text).equals(value)
    ? Buffer.from(JSON.stringify(text))
    : Buffer.concat([Buffer.from('"'), value, Buffer.from('"')])
}

/** Ids that Redis gives begin with its time; ids of a producer's own may be anything. */
function timeOf(id: string): Date | null {
  const ms = Number(id.split('-')[0])
  return ms > 1e11 && ms < 1e14 ? new Date(ms) : null
}

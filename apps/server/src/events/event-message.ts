import avsc from 'avsc'
import { recordSchemas, schemaVersion } from './schemas/record-schemas.ts'
import type { EventType } from './types.ts'

export interface EventRow {
  readonly id: number
  readonly type: string
  readonly key: string
  readonly payload: unknown
  readonly request_id: string | null
  readonly created_at: Date
}

/** An event as it leaves the platform, the same at every attempt. */
export interface EventMessage {
  /** A ULID in hexadecimal: by it receivers know what they have had already. */
  readonly id: string
  readonly type: string
  readonly key: string
  readonly headers: EventHeaders
  /** Avro in binary, without its schema. */
  readonly payload: Buffer
}

export interface EventHeaders {
  readonly type: string
  readonly source: string
  readonly dataContentType: 'application/avro+binary'
  readonly schemaVersion: string
  /** Of the change, ISO 8601. */
  readonly time: string
  /** Of the request that changed it; empty when it was none. */
  readonly requestId: string
}

/** Times are ISO texts in our payloads and milliseconds since 1970 in Avro. */
class Timestamp extends avsc.types.LogicalType {
  protected override _fromValue(value: number): string {
    return new Date(value).toISOString()
  }

  protected override _toValue(value: string): number {
    return Date.parse(value)
  }
}

const avroTypes = new Map<string, avsc.Type>()

/** @throws Error when there is no such type, or the payload is not of its schema; the message names the field. */
export function eventMessage(row: EventRow, source: string): EventMessage {
  const avro = avroTypes.get(row.type) ?? avroType(row.type)
  avroTypes.set(row.type, avro)
  const unfit: string[] = []
  if (!avro.isValid(row.payload, { errorHook: (path) => unfit.push(path.join('.')) })) {
    throw new Error(`The payload does not fit the schema of "${row.type}" at ${unfit.join(', ')}.`)
  }
  return {
    id: messageId(row),
    type: row.type,
    key: row.key,
    headers: {
      type: row.type,
      source,
      dataContentType: 'application/avro+binary',
      schemaVersion,
      time: row.created_at.toISOString(),
      requestId: row.request_id ?? '',
    },
    payload: avro.toBuffer(row.payload),
  }
}

export function avroType(type: string): avsc.Type {
  const schema = Object.hasOwn(recordSchemas, type) ? recordSchemas[type as EventType] : undefined
  if (schema === undefined) throw new Error(`There is no schema for events of type "${type}".`)
  return avsc.Type.forSchema(schema as Parameters<typeof avsc.Type.forSchema>[0], {
    logicalTypes: { 'timestamp-millis': Timestamp },
  })
}

/** The time of the event and its number, so that the ids sort as the events happened. */
function messageId({ id, created_at }: EventRow): string {
  return created_at.getTime().toString(16).padStart(12, '0') + id.toString(16).padStart(20, '0')
}

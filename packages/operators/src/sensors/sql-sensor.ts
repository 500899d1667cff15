import type { Scalar } from '@millrace/connectors'
import type { TaskContext } from '@millrace/workflow'
import type { OperatorDefinition } from '../kit/definition.ts'
import { openConnection } from '../kit/open-connection.ts'
import { leadingComment } from '../sql/comment.ts'
import { type Look, Sensor, type WaitConfig, waitProperties } from './sensor.ts'

export type SqlSensorConfig = WaitConfig & { readonly connection: string; readonly sql: string }

const sqlSensorConfigSchema = {
  type: 'object',
  properties: {
    connection: { type: 'string', minLength: 1, title: 'Connection', 'x-connection': true },
    sql: {
      type: 'string',
      minLength: 1,
      title: 'Query',
      description: 'Its first value decides: found unless there is none, or it is null, false, 0 or empty.',
      'x-code': 'sql',
    },
    ...waitProperties,
  },
  required: ['connection', 'sql'],
  additionalProperties: false,
}

export const sqlSensorDefinition: OperatorDefinition = {
  name: 'sql_sensor',
  title: 'Wait for a query',
  description: 'Waits until the first value of a query is true, without taking a worker meanwhile.',
  configSchema: sqlSensorConfigSchema,
  output: '`{ value }`, the first value',
  example: { connection: 'shop', sql: "select count(*) from orders where day = '{{ dt }}'", intervalSeconds: 120 },
}

export class SqlSensor extends Sensor<SqlSensorConfig> {
  constructor(config: SqlSensorConfig) {
    super(sqlSensorDefinition, config)
  }

  protected async look({ connection, sql }: SqlSensorConfig, context: TaskContext): Promise<Look> {
    await using database = await openConnection(context, connection, 'sql')
    const value = await database.query(`${leadingComment(context)}\n${sql}`, { scalar: true, signal: context.signal })
    if (isSet(value)) return { found: true, output: { value } }
    return {
      found: false,
      reason: `waiting for the query on "${connection}", whose first value is ${JSON.stringify(value)}`,
    }
  }
}

/** Large and decimal numbers come as text. */
function isSet(value: Scalar): boolean {
  if (typeof value !== 'string') return Boolean(value)
  return value.trim() !== '' && !/^(f|false|[-+]?0+(\.0*)?)$/i.test(value.trim())
}

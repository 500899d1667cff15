import { basename, dirname } from 'node:path'
import type { ObjectInfo, ObjectStoreConnector } from '@millrace/connectors'
import type { Json, TaskContext } from '@millrace/workflow'
import type { OperatorDefinition } from '../kit/definition.ts'
import { joinPath, openConnection } from '../kit/open-connection.ts'
import { type Look, Sensor, type WaitConfig, waitProperties } from './sensor.ts'

export type ObjectSensorConfig = WaitConfig & {
  readonly connection: string
  readonly path: string
  readonly minSize?: number
  readonly minAgeSeconds?: number
  readonly stable?: boolean
}

const objectSensorConfigSchema = {
  type: 'object',
  properties: {
    connection: {
      type: 'string',
      minLength: 1,
      title: 'Connection',
      description: 'A bucket, or a folder of files.',
      'x-connection': true,
    },
    path: {
      type: 'string',
      minLength: 1,
      title: 'Path',
      description:
        'A file or object, below the folder of the connection; `*` and `?` stand for any characters but a slash.',
    },
    minSize: {
      type: 'integer',
      minimum: 0,
      default: 0,
      title: 'Smallest size',
      description: 'Bytes that it has at least.',
    },
    minAgeSeconds: {
      type: 'number',
      minimum: 0,
      default: 0,
      title: 'Smallest age',
      description: 'Seconds since it was written, so that nobody writes it any more.',
    },
    stable: {
      type: 'boolean',
      default: false,
      title: 'No longer growing',
      description: 'Found only when two looks in a row see the same size and content.',
    },
    ...waitProperties,
  },
  required: ['connection', 'path'],
  additionalProperties: false,
}

export const objectSensorDefinition: OperatorDefinition = {
  name: 'object_sensor',
  title: 'Wait for a file',
  description: 'Waits until a file or object is there, without taking a worker meanwhile.',
  configSchema: objectSensorConfigSchema,
  output: '`{ objects: [{ path, size, modifiedAt }] }`, sorted by path, the first 1,000',
  example: { connection: 'landing', path: 'sales/{{ dt }}/*.csv', minAgeSeconds: 30 },
}

export class ObjectSensor extends Sensor<ObjectSensorConfig> {
  constructor(config: ObjectSensorConfig) {
    super(objectSensorDefinition, config)
  }

  protected async look(config: ObjectSensorConfig, context: TaskContext, seen: Json): Promise<Look> {
    const { connection, path, minSize = 0, minAgeSeconds = 0, stable = false } = config
    await using opened = await openConnection(context, connection, 'object-store')
    const objects = await findObjects(opened, path, context.signal)
    const what = `"${path}" of "${connection}"`
    if (objects.length === 0) return { found: false, reason: `waiting for ${what}, which is not there` }
    const small = objects.find(({ size }) => size < minSize)
    if (small)
      return { found: false, reason: `waiting for ${what}: ${small.key} has ${small.size} of ${minSize} bytes` }
    const youngest = Date.now() - minAgeSeconds * 1000
    const young = objects.find(
      ({ modifiedAt }) => minAgeSeconds > 0 && modifiedAt !== null && modifiedAt.getTime() > youngest,
    )
    if (young)
      return { found: false, reason: `waiting for ${what}: ${young.key} was written less than ${minAgeSeconds} s ago` }
    const marks = objects.map(({ key, size, etag }) => [key, size, etag].join('\n')).join('\n\n')
    if (stable && seen !== marks) {
      return { found: false, reason: `waiting for ${what}, which may still grow`, seen: marks }
    }
    const shown = objects.slice(0, 1000).map(({ key, size, modifiedAt }) => ({
      path: key,
      size,
      modifiedAt: modifiedAt?.toISOString() ?? null,
    }))
    return { found: true, output: { objects: shown } }
  }
}

async function findObjects(connector: ObjectStoreConnector, path: string, signal: AbortSignal): Promise<ObjectInfo[]> {
  const isLocal = connector.definition.capabilities.localPaths === true
  const absolute = isLocal && path.startsWith('/')
  const folder = absolute ? dirname(path.replace(/[*?].*$/, '_')) : undefined
  const store = connector.bucket(folder)
  const inBucket = isLocal ? path : joinPath(connector.path, path).replace(/^\/+/, '')
  const key = folder === undefined ? inBucket : path.slice(folder.length).replace(/^\/+/, '')
  if (!/[*?]/.test(key)) {
    const found = await store.stat(key, signal)
    return found === null ? [] : [found]
  }
  const fixed = dirname(`${key.replace(/[*?].*$/, '')}_`)
  const pattern = new RegExp(
    `^${key
      .replace(/[\\^$.+()|[\]{}]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
    'u',
  )
  const found: ObjectInfo[] = []
  for await (const object of store.list(fixed === '.' ? '' : fixed, { signal })) {
    if (pattern.test(object.key) && basename(object.key) !== '') found.push(object)
  }
  return found
}

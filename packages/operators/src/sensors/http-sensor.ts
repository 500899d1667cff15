import { isDeepStrictEqual } from 'node:util'
import { ConfigError, parseRetryAfter, TransientError } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import type { OperatorDefinition } from '../kit/definition.ts'
import { type Look, Sensor, type WaitConfig, waitProperties } from './sensor.ts'

export type HttpSensorConfig = WaitConfig & {
  readonly url: string
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly headers?: { readonly [name: string]: string }
  readonly secretHeaders?: { readonly [name: string]: string }
  readonly body?: Json
  readonly status?: readonly number[]
  readonly json?: { readonly path: string; readonly equals?: Json }
  readonly requestTimeoutSeconds?: number
}

const text = { type: 'string', minLength: 1 }

const httpSensorConfigSchema = {
  type: 'object',
  properties: {
    url: { ...text, title: 'Address' },
    method: { enum: ['GET', 'HEAD', 'POST'], default: 'GET', title: 'Method' },
    headers: { type: 'object', title: 'Headers', additionalProperties: { type: 'string' } },
    secretHeaders: {
      type: 'object',
      title: 'Secret headers',
      description: 'Headers whose values are the named secrets. With them, redirections are not followed.',
      additionalProperties: { ...text, 'x-secret': true },
    },
    body: { title: 'Body', description: 'Sent as JSON with POST.' },
    status: {
      type: 'array',
      items: { type: 'integer', minimum: 100, maximum: 599 },
      minItems: 1,
      title: 'Status',
      description: 'Any of these is what is waited for. Default: 200 to 299.',
    },
    json: {
      type: 'object',
      title: 'JSON',
      description: 'What the answer has to say as well.',
      properties: {
        path: { ...text, title: 'Path', description: 'Names and positions with dots: `data.items.0.state`.' },
        equals: { title: 'Equals', description: 'What stands there. Default: anything but null, false, 0 and empty.' },
      },
      required: ['path'],
      additionalProperties: false,
    },
    requestTimeoutSeconds: {
      type: 'number',
      minimum: 1,
      default: 30,
      title: 'Limit of a request',
      description: 'Seconds that an answer may take.',
    },
    ...waitProperties,
  },
  required: ['url'],
  additionalProperties: false,
}

export const httpSensorDefinition: OperatorDefinition = {
  name: 'http_sensor',
  title: 'Wait for an HTTP answer',
  description: 'Waits until an address answers as expected, without taking a worker meanwhile.',
  configSchema: httpSensorConfigSchema,
  output: '`{ status, value }`; the value is what the JSON path gave, else null',
  example: { url: 'https://api.example.com/exports/{{ dt }}', json: { path: 'state', equals: 'ready' } },
}

const longestBody = 10_000_000

export class HttpSensor extends Sensor<HttpSensorConfig> {
  constructor(config: HttpSensorConfig) {
    super(httpSensorDefinition, config)
  }

  protected async look(config: HttpSensorConfig, context: TaskContext): Promise<Look> {
    const { url, status, json } = config
    const host = hostOf(url)
    const response = await request(config, context)
    const expected = status ? status.includes(response.status) : response.ok
    if (!expected) {
      await response.body?.cancel()
      if (response.status === 401 || response.status === 403) {
        throw new ConfigError('HTTP_SENSOR_REFUSED', {
          message: `${host} answers ${response.status}: it wants other credentials. Check the headers of the sensor.`,
          details: { status: response.status },
        })
      }
      const waitMs = parseRetryAfter(response.headers.get('retry-after'))
      const reason = `waiting for ${host}, which answers ${response.status}`
      return { found: false, reason, ...(waitMs === undefined ? {} : { waitSeconds: waitMs / 1000 }) }
    }
    if (json === undefined) {
      await response.body?.cancel()
      return { found: true, output: { status: response.status, value: null } }
    }
    const value = at(await readJson(response, host), json.path)
    const holds = json.equals === undefined ? Boolean(value) : isDeepStrictEqual(value, json.equals)
    if (holds) return { found: true, output: { status: response.status, value: value ?? null } }
    return {
      found: false,
      reason: `waiting for ${host}, whose "${json.path}" is ${JSON.stringify(value ?? null).slice(0, 200)}`,
    }
  }
}

function hostOf(url: string): string {
  if (/^https?:/i.test(url) && URL.canParse(url)) return new URL(url).host
  throw new ConfigError('HTTP_ADDRESS_INVALID', {
    message: 'The address of the sensor is none of HTTP. Write "url" like https://api.example.com/exports/{{ dt }}.',
  })
}

async function request(config: HttpSensorConfig, context: TaskContext): Promise<Response> {
  const { url, method = 'GET', headers = {}, secretHeaders = {}, body, requestTimeoutSeconds = 30 } = config
  const secret = await Promise.all(
    Object.entries(secretHeaders).map(
      async ([name, secretName]) => [name, await context.secrets.get(secretName)] as const,
    ),
  )
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(requestTimeoutSeconds * 1000)])
  try {
    return await fetch(url, {
      method,
      signal,
      // A secret is for the address it was given for.
      redirect: secret.length > 0 ? 'manual' : 'follow',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...Object.fromEntries(secret),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (cause) {
    context.signal.throwIfAborted()
    const { code, message } = ((cause as Error).cause ?? cause) as Error & { code?: string }
    throw new TransientError('HTTP_UNREACHABLE', {
      message: `${hostOf(url)} cannot be reached: ${code ?? message}.`,
      cause,
    })
  }
}

async function readJson(response: Response, host: string): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > longestBody) {
      throw new ConfigError('HTTP_ANSWER_TOO_LARGE', {
        message: `${host} answers more than ${longestBody} bytes. Name an address with a smaller answer.`,
      })
    }
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new TransientError('HTTP_ANSWER_NOT_JSON', { message: `${host} answers something else than JSON.`, cause })
  }
}

function at(value: unknown, path: string): Json | undefined {
  let found = value
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  return found as Json
}

import { execFile } from 'node:child_process'
import { createServer, type Server as NetServer } from 'node:net'
import { promisify } from 'node:util'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Span } from '@opentelemetry/api'
import { afterEach, describe, expect, it } from 'vitest'
import { readGuideSettings } from '../guide-settings.ts'
import { createLogger } from '../log.ts'
import { startTelemetry, type Telemetry } from './telemetry.ts'
import { injectTraceContext, meter, tracer, withTraceContext } from './trace-context.ts'

/** What came in, as text between the bytes of the wire format: names, attributes and values are readable in it. */
interface Collector {
  readonly port: number
  readonly traces: string[]
  readonly metrics: string[]
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** An OTLP receiver that keeps the bytes of every request. */
async function startCollector(): Promise<Collector> {
  const server = new Server()
  const [traces, metrics]: [string[], string[]] = [[], []]
  const add = (service: string, kept: string[]) =>
    server.addService(
      {
        Export: {
          path: `/opentelemetry.proto.collector.${service}/Export`,
          requestStream: false,
          responseStream: false,
          requestSerialize: (bytes: Buffer) => bytes,
          requestDeserialize: (bytes: Buffer) => bytes,
          responseSerialize: (bytes: Buffer) => bytes,
          responseDeserialize: (bytes: Buffer) => bytes,
        },
      },
      {
        Export: (call: { request: Buffer }, reply: (error: null, answer: Buffer) => void) => {
          kept.push(call.request.toString('latin1'))
          reply(null, Buffer.alloc(0))
        },
      },
    )
  add('trace.v1.TraceService', traces)
  add('metrics.v1.MetricsService', metrics)
  const port = await promisify<string, ServerCredentials, number>(server.bindAsync.bind(server))(
    '127.0.0.1:0',
    ServerCredentials.createInsecure(),
  )
  cleanups.push(() => server.forceShutdown())
  return { port, traces, metrics }
}

async function start(env: Record<string, string>, options = {}): Promise<Telemetry> {
  const telemetry = await startTelemetry(readGuideSettings(env), options)
  cleanups.push(() => telemetry.shutdown())
  return telemetry
}

async function withSpan<T>(name: string, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer().startActiveSpan(name, { attributes: { table: 'orders' } }, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      span.recordException(error as Error)
      throw error
    } finally {
      span.end()
    }
  })
}

describe('when nothing is configured', () => {
  it('is off: spans and counters go nowhere, and work is done all the same', async () => {
    const telemetry = await start({})
    expect(telemetry.sends).toEqual({ traces: false, metrics: false })
    meter().createCounter('rows').add(1)
    expect(await withSpan('work', async (span) => span.isRecording())).toBe(false)
    expect(injectTraceContext()).toEqual({})
    expect(withTraceContext({ traceparent: 'rubbish' }, () => 7)).toBe(7)
    await telemetry.shutdown()
  })

  it('loads nothing of OpenTelemetry, also when spans are made', async () => {
    const index = new URL('../index.ts', import.meta.url).href
    const script = `
      const { registerHooks } = await import('node:module')
      let seen = 0
      registerHooks({
        resolve(name, context, next) {
          if (name.startsWith('@opentelemetry/')) seen++
          return next(name, context)
        },
      })
      const { readGuideSettings, startTelemetry, tracer } = await import(${JSON.stringify(index)})
      await (await startTelemetry(readGuideSettings({}))).shutdown()
      tracer().startActiveSpan('unseen', (span) => span.end())
      process.stdout.write(String(seen))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    expect(stdout).toBe('0')
  })
})

describe('with a collector', () => {
  it('sends spans and metrics with the service and its allocation, and flushes as it stops', async () => {
    const collector = await startCollector()
    const telemetry = await start({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `127.0.0.1:${collector.port}`,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `http://127.0.0.1:${collector.port}`,
      OTEL_SERVICE_NAME: 'nightly-copy',
      NOMAD_ALLOC_ID: 'alloc-7',
    })
    expect(telemetry.sends).toEqual({ traces: true, metrics: true })
    meter().createCounter('millrace.rows').add(3, { table: 'orders' })
    await expect(
      withSpan('copy orders', async () => {
        throw new Error('the disk is full')
      }),
    ).rejects.toThrow('the disk is full')
    await telemetry.shutdown()
    for (const text of ['copy orders', 'the disk is full', 'nightly-copy', 'unknown-service-version', 'alloc-7']) {
      expect(collector.traces.join()).toContain(text)
    }
    for (const text of ['millrace.rows', 'orders', 'nightly-copy']) expect(collector.metrics.join()).toContain(text)
    expect(injectTraceContext()).toEqual({})
  })

  it('finds the collector in the mesh', async () => {
    const collector = await startCollector()
    const telemetry = await start({
      MESH_CONFIG: JSON.stringify({
        'opentelemetry-collector': { mesh_address: '127.0.0.1', mesh_port: collector.port },
      }),
    })
    tracer().startSpan('by mesh').end()
    await telemetry.shutdown()
    expect(collector.traces.join()).toContain('by mesh')
  })

  it('joins spans of several processes to one trace by text', async () => {
    const collector = await startCollector()
    await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `127.0.0.1:${collector.port}` })
    const [runTrace, carried] = await withSpan('run', async (span) => [
      span.spanContext().traceId,
      injectTraceContext(),
    ])
    expect(carried.traceparent).toMatch(new RegExp(`^00-${runTrace}-[0-9a-f]{16}-01$`))
    const taskTrace = await withTraceContext(carried, () =>
      withSpan('task', async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return withSpan('connector', async (span) => span.spanContext().traceId)
      }),
    )
    expect(taskTrace).toBe(runTrace)
    expect(await withSpan('another run', async (span) => span.spanContext().traceId)).not.toBe(runTrace)
  })

  it('puts the ids of the trace into lines of the log', async () => {
    const collector = await startCollector()
    await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `127.0.0.1:${collector.port}` })
    const lines: string[] = []
    const log = await createLogger({ name: 'task', write: (line) => void lines.push(line) })
    const ids = await withSpan('task', async (span) => {
      log.info({ rows: 1 }, 'inside')
      const { traceId, spanId } = span.spanContext()
      return { trace_id: traceId, span_id: spanId }
    })
    log.info('outside')
    const [inside, outside] = lines.map((line) => JSON.parse(line))
    expect(inside).toMatchObject({ ...ids, rows: 1, msg: 'inside' })
    expect(outside).not.toHaveProperty('trace_id')
  })

  it('sends the system metrics that are asked for, and no other', async () => {
    const collector = await startCollector()
    const telemetry = await start({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `127.0.0.1:${collector.port}`,
      SYSTEM_METRIC_INSTRUMENTATION_CONFIG: JSON.stringify({
        'system.memory.usage': ['used', 'free'],
        'system.cpu.time': ['idle', 'user', 'system', 'irq'],
        'system.network.io': true,
        'process.runtime.memory': ['rss', 'vms'],
        'process.runtime.cpu.time': false,
        'process.runtime.context_switches': ['voluntary'],
        'system.swap.usage': ['used'],
      }),
    })
    await telemetry.shutdown()
    const sent = collector.metrics.join()
    for (const text of ['system.memory.usage', 'used', 'system.cpu.time', 'idle', 'rss', 'voluntary']) {
      expect(sent, text).toContain(text)
    }
    for (const text of ['process.runtime.cpu.time', 'involuntary', 'cached', 'system.swap.usage']) {
      expect(sent, text).not.toContain(text)
    }
    if (process.platform === 'linux') expect(sent).toContain('vms')
  })
})

describe('when it goes wrong', () => {
  it('stops within its bound with a collector that takes connections and never answers', async () => {
    const silent: NetServer = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => silent.close())
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const endpoint = `127.0.0.1:${port}`
    const telemetry = await start(
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint },
      { flushTimeoutMs: 200 },
    )
    meter().createCounter('rows').add(1)
    tracer().startSpan('lost').end()
    const startedAt = performance.now()
    await Promise.all([telemetry.shutdown(), telemetry.shutdown()])
    // Its default is five seconds.
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  it('names the packages to install when they are missing', async () => {
    const index = new URL('../index.ts', import.meta.url).href
    const script = `
      const { registerHooks } = await import('node:module')
      registerHooks({
        resolve: (name, context, next) => next(name === '@opentelemetry/sdk-node' ? 'not-installed' : name, context),
      })
      const { readGuideSettings, startTelemetry } = await import(${JSON.stringify(index)})
      const settings = readGuideSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'localhost:4317' })
      await startTelemetry(settings).catch((error) => process.stdout.write(error.code + ' ' + error.message))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    expect(stdout).toMatch(
      /^TELEMETRY_PACKAGES_MISSING .* Run: npm install @opentelemetry\/sdk-node @opentelemetry\/exporter-trace-otlp-grpc /,
    )
  })

  it('sends nothing in the clear when TLS is wanted', async () => {
    const collector = await startCollector()
    const telemetry = await start(
      {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `localhost:${collector.port}`,
        OTEL_EXPORTER_OTLP_TRACES_INSECURE: 'false',
      },
      { flushTimeoutMs: 300 },
    )
    tracer().startSpan('secret').end()
    await telemetry.shutdown()
    expect(collector.traces).toEqual([])
  })

  it('does not fail when nobody listens', async () => {
    const telemetry = await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '127.0.0.1:1' }, { flushTimeoutMs: 300 })
    tracer().startSpan('lost').end()
    await telemetry.shutdown()
  })

  it.each(['not an address', 'http://', 'localhost:99999', 'localhost:4317/v1/traces'])(
    'refuses the endpoint "%s" by the name of its variable',
    async (endpoint) => {
      await expect(start({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint })).rejects.toMatchObject({
        code: 'SETTING_INVALID',
        message: `The setting OTEL_EXPORTER_OTLP_METRICS_ENDPOINT must be an address such as localhost:4317 or https://collector.example.org:4317, not "${endpoint}".`,
      })
    },
  )
})

import { createServer, type Socket } from 'node:net'
import { findRabbitmq, freePort, startRabbitmq, type TestRabbitmq } from '@millrace/testing'
import { type ChannelModel, connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FailureBus, failureBus, failureQueue, failureRoutingKey } from './failure-bus.ts'
import { reportFailure } from './report-failure.ts'

const failure = {
  workflowName: 'flights_daily',
  workflowVersion: '1.0',
  taskName: 'load.orders',
  dagRunId: 'scheduled__2026-03-01',
  logUrl: 'http://localhost:8080/dags/flights_daily_1.0',
}

/** The settings' own pauses are for brokers that restart. */
const quick = {
  attempts: 3,
  min_delay_seconds: 0.01,
  max_delay_seconds: 0.02,
  min_jitter_seconds: 0,
  max_jitter_seconds: 0.01,
}

const unreachable = async (): Promise<FailureBus> => ({
  ...{ host: '127.0.0.1', port: await freePort(), username: 'guest', password: 'very-secret' },
  ...{ exchange: 'master.direct.x', queueType: 'classic', retry: quick },
})

describe('failureBus', () => {
  it('is none when nothing names one', () => {
    expect(failureBus({})).toBeNull()
    expect(failureBus({ MESH_CONFIG: '{"other": {"mesh_address": "a", "mesh_port": 1}}' })).toBeNull()
  })

  it('is found by the mesh, with the documented defaults', () => {
    const env = { MESH_CONFIG: '{"interservice-bus": {"mesh_address": "10.0.0.7", "mesh_port": 6742}}' }
    expect(failureBus(env)).toEqual({
      host: '10.0.0.7',
      port: 6742,
      username: 'guest',
      password: 'guest',
      exchange: 'master.direct.x',
      queueType: 'classic',
      retry: {
        attempts: 3,
        min_delay_seconds: 1,
        max_delay_seconds: 5,
        min_jitter_seconds: 1,
        max_jitter_seconds: 3,
      },
    })
  })

  it('is on this machine when only its account is given', () => {
    expect(failureBus({ ISB_USERNAME: 'ada', ISB_PASSWORD: 'x', ISB_QUEUE_TYPE: 'quorum' })).toMatchObject({
      host: 'localhost',
      port: 5672,
      username: 'ada',
      queueType: 'quorum',
    })
  })
})

describe('reportFailure without a broker', () => {
  it('K10: does not throw when the broker is down, and says so once an attempt', async () => {
    const warnings: string[] = []
    const reported = await reportFailure(await unreachable(), failure, { warn: (text) => warnings.push(text) })
    expect(reported).toBe(false)
    expect(warnings).toHaveLength(3)
    expect(warnings[0]).toMatch(/load\.orders.*could not be published.*ECONNREFUSED.*Trying again/)
    expect(warnings[2]).toMatch(/It is not reported\.$/)
    expect(warnings.join()).not.toContain('very-secret')
  })

  it('gives up in bounded time when the broker accepts and never answers', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const warnings: string[] = []
    const bus = { ...(await unreachable()), port, retry: { ...quick, attempts: 2 } }
    const reported = await reportFailure(bus, failure, { warn: (text) => warnings.push(text), attemptTimeoutMs: 200 })
    expect(reported).toBe(false)
    expect(warnings.at(-1)).toContain('did not answer within 0.2 s')
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => silent.close(resolve))
  })

  it('stops trying when it is told to', async () => {
    const bus = { ...(await unreachable()), retry: { ...quick, min_delay_seconds: 60, max_delay_seconds: 60 } }
    const stop = new AbortController()
    const reported = reportFailure(bus, failure, { warn: () => stop.abort(), signal: stop.signal })
    expect(await reported).toBe(false)
  })
})

describe.skipIf(findRabbitmq() === null)('reportFailure to RabbitMQ', () => {
  let server: TestRabbitmq
  let connection: ChannelModel
  beforeAll(async () => {
    server = await startRabbitmq()
    connection = await connect(server.url())
  })
  afterAll(async () => {
    await connection?.close().catch(() => {})
    await server?.stop()
  })

  const busOf = (more: Partial<FailureBus> = {}): FailureBus => ({
    ...{ host: server.host, port: server.port, username: server.user, password: server.password },
    ...{ exchange: 'master.direct.x', queueType: 'classic', retry: quick },
    ...more,
  })
  const next = async () => {
    const channel = await connection.createChannel()
    const message = await channel.get(failureQueue, { noAck: true })
    await channel.close()
    return message === false ? null : message
  }
  const fresh = async () => {
    const channel = await connection.createChannel()
    await channel.deleteQueue(failureQueue)
    await channel.deleteExchange('master.direct.x')
    await channel.close()
  }

  it('publishes the message as it is specified, durably, and declares what it needs', async () => {
    await fresh()
    const warn = (text: string) => expect.unreachable(text)
    expect(await reportFailure(busOf(), failure, { warn })).toBe(true)
    const message = await next()
    expect(JSON.parse(message?.content.toString() ?? '')).toEqual(failure)
    expect(message?.fields).toMatchObject({ exchange: 'master.direct.x', routingKey: failureRoutingKey })
    expect(message?.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2 })
  })

  it('leaves out what is not known', async () => {
    const { dagRunId: _, logUrl: __, ...least } = failure
    expect(await reportFailure(busOf(), least, { warn: () => {} })).toBe(true)
    expect(JSON.parse((await next())?.content.toString() ?? '')).toEqual(least)
  })

  it('publishes to a queue of another type that somebody declared before, and says so', async () => {
    await fresh()
    expect(await reportFailure(busOf({ queueType: 'quorum' }), failure, { warn: () => {} })).toBe(true)
    await next()
    const warnings: string[] = []
    const reported = await reportFailure(busOf(), failure, { warn: (text) => warnings.push(text) })
    expect(reported).toBe(true)
    expect(warnings.join()).toMatch(/PRECONDITION_FAILED.*ISB_QUEUE_TYPE/s)
    expect(await next()).not.toBeNull()
  })

  it('is not thrown off by a wrong password', async () => {
    const warnings: string[] = []
    const bus = busOf({ password: 'wrong-password', retry: { ...quick, attempts: 1 } })
    expect(await reportFailure(bus, failure, { warn: (text) => warnings.push(text) })).toBe(false)
    expect(warnings.join()).toMatch(/403|ACCESS.REFUSED/i)
    expect(warnings.join()).not.toContain('wrong-password')
  })

  it('reaches a broker that comes back before the last attempt', async () => {
    await connection.close()
    await server.pause('stop')
    let resumed: Promise<void> | undefined
    const warn = () => {
      resumed ??= server.resume()
    }
    const patient = { ...quick, attempts: 60, min_delay_seconds: 1, max_delay_seconds: 1 }
    expect(await reportFailure(busOf({ retry: patient }), failure, { warn })).toBe(true)
    await resumed
    connection = await connect(server.url())
    expect(JSON.parse((await next())?.content.toString() ?? '')).toEqual(failure)
  })
})

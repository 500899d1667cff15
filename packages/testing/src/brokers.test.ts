import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { findMosquitto, findNats, findRabbitmq, findRedis } from './binaries.ts'
import type { TestBroker } from './broker-process.ts'
import { findKafka, startKafka } from './kafka.ts'
import { startMosquitto } from './mosquitto.ts'
import { startNats } from './nats.ts'
import { startRabbitmq } from './rabbitmq.ts'
import { startRedis } from './redis.ts'

const brokers: readonly [string, boolean, () => Promise<TestBroker>][] = [
  ['Redis', findRedis() !== null, () => startRedis({ tls: true })],
  ['NATS', findNats() !== null, () => startNats({ tls: true })],
  ['Mosquitto', findMosquitto() !== null, () => startMosquitto({ tls: true })],
  ['RabbitMQ', findRabbitmq() !== null, () => startRabbitmq({ tls: true })],
  ['Kafka', findKafka() !== null, () => startKafka({ tls: true })],
]

describe.each(brokers)('%s', (_, found, start) => {
  it.skipIf(!found)('starts, comes back on its port after a crash, and stops', async () => {
    const broker = await start()
    expect(await answers(broker.port)).toBe(true)
    await broker.pause('kill')
    expect(await answers(broker.port)).toBe(false)
    await broker.resume()
    expect(await answers(broker.port)).toBe(true)
    await broker.stop()
    expect(await answers(broker.port)).toBe(false)
  })
})

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

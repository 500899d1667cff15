import { describeStreamConnector } from '@millrace/connectors/contract'
import { afterAll, beforeAll } from 'vitest'
import { type AcmeBroker, startAcmeBroker } from './acme-broker.fixture.ts'
import { definition } from './connector.ts'

const password = 'very-secret'
let broker: AcmeBroker
beforeAll(async () => {
  broker = await startAcmeBroker(password)
})
afterAll(() => broker[Symbol.asyncDispose]())

// What every stream has to do. Tests of the system's own rules stand beside it.
describeStreamConnector('Acme', () => ({
  definition,
  // One consumer runs in a process of its own, which is killed.
  module: new URL('./connector.ts', import.meta.url).href,
  broker,
  config: () => ({ host: '127.0.0.1', port: broker.port, user: 'tester', password }),
  createStream: async () => broker.createStream(),
  publish: async (stream, values) => broker.publish(stream, values),
  missingStream: 'absent',
  shares: true,
  tellsLag: true,
  connections: async () => broker.connections,
}))

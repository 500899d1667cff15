import { createConnector } from './registry.ts'
import type { StreamConnector } from './stream.ts'

/** Pulls so many messages, says so, and holds them until it is killed. */
const given = JSON.parse(process.argv[2] ?? '{}')
const connector = (await createConnector(given.name, given.config)) as StreamConnector
const consumer = await connector.openConsumer({ stream: given.stream })
let pulled = 0
while (pulled < given.count) {
  pulled += (await consumer.pull({ maxMessages: given.count - pulled, maxBytes: 1_000_000, waitMs: 1000 })).length
}
console.log(pulled)
setInterval(() => {}, 1000)

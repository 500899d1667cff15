import { startTinybirdLocal } from './tinybird-local.ts'

/** A server that can be killed. Its data directory is the first argument. */
const server = await startTinybirdLocal({ dataDirectory: process.argv[2] ?? '', token: 'p.test' })
process.send?.({ url: server.url, clickhouseUrl: server.clickhouseUrl })

import { httpWorkerApi } from '@millrace/engine'
import { useServers } from '../test-server.fixture.ts'
import { workerApiContract } from './worker-api.contract.ts'

const servers = useServers()

workerApiContract('the engine in the same process', async () => {
  const server = await servers.start()
  return { server, api: server.server.workerApi }
})

workerApiContract('the engine over HTTP', async () => {
  const server = await servers.start()
  return { server, api: httpWorkerApi({ url: server.server.url, token: await server.workerToken() }) }
})

import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js'
import ElkWorker from 'elkjs/lib/elk-worker.min.js?worker'

let elk: InstanceType<typeof ELK> | undefined

/** Finds places for nodes and edges, in a worker, so that the page stays responsive. */
export async function layoutInWorker(request: ElkNode): Promise<ElkNode> {
  elk ??= new ELK({ workerFactory: () => new ElkWorker() })
  return (await elk.layout(request)) as ElkNode
}

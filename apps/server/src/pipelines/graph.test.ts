import { expect, test } from 'vitest'
import { useServers } from '../test-server.fixture.ts'
import { type Configured, configured, copyVariables } from './pipelines.fixture.ts'

const servers = useServers({ lasting: true })
let world: Configured | undefined

interface Node {
  readonly id: string
  readonly kind: string
  readonly state: string | null
  readonly job_name: string | null
  readonly upstreams: readonly string[]
}

/** As the API previews it, of transformations at these places. */
async function graphOf(name: string, places: readonly (readonly [string, number])[], more = {}): Promise<Node[]> {
  world ??= await configured(await servers.start())
  const { alice, create, templateId: template_id } = world
  const transformations = places.map(([state, graph_order]) => {
    return { state, graph_order, template_id, variables: copyVariables }
  })
  const { status, body } = await create({ name, transformations, ...more })
  expect(status, JSON.stringify(body)).toBe(201)
  const graph = (await alice('GET', `/api/pipelines/${body.id}/graph`)).body
  expect(graph.problems).toEqual([])
  return graph.nodes
}

/** All that comes before a node; a cycle is an error. */
function before(nodes: readonly Node[], id: string, path: readonly string[] = []): Set<string> {
  expect(path).not.toContain(id)
  const { upstreams = [] } = nodes.find((node) => node.id === id) ?? {}
  return new Set(upstreams.flatMap((of) => [of, ...before(nodes, of, [...path, id])]))
}

const tasksOf = (nodes: readonly Node[], state: string) =>
  nodes.filter((node) => node.state === state && node.kind === 'task').map(({ id }) => id)

test('C5: 3 graph orders → 3 groups; every raw task precedes every ingest task; acyclic; N + G + 1 nodes', async () => {
  const nodes = await graphOf('five', [
    ['ingest', 0],
    ['raw', 2],
    ['raw', 0],
    ['raw', 2],
    ['ingest', 0],
  ])
  expect(nodes.filter(({ kind }) => kind === 'spacer').map(({ id }) => id)).toEqual([
    ...['raw_group_step_0', 'raw_group_step_1', 'ingest_group_step_2'],
  ])
  expect(nodes).toHaveLength(5 + 3 + 1)
  const raw = tasksOf(nodes, 'raw')
  const ingest = tasksOf(nodes, 'ingest')
  expect([raw.length, ingest.length]).toEqual([3, 2])
  for (const id of ingest) expect([...before(nodes, id)]).toEqual(expect.arrayContaining(raw))
})

test('C7: an empty state, and a state starting at order 1, do not break the chain', async () => {
  const nodes = await graphOf('seven', [
    ['raw', 1],
    ['enhance', 5],
  ])
  expect(nodes).toHaveLength(2 + 2 + 1)
  expect(nodes.filter(({ upstreams }) => upstreams.length === 0).map(({ id }) => id)).toEqual(['run_event'])
  const [last = ''] = tasksOf(nodes, 'enhance')
  expect(before(nodes, last).size).toBe(nodes.length - 1)
})

test('C9: job name ≤ 128', async () => {
  const short = await graphOf('short', [['raw', 0]])
  expect(short.flatMap((node) => node.job_name ?? [])).toEqual(['acme_wonder_raw_copy_sales'])
  if (world === undefined) throw new Error('There is no pipeline.')
  const { alice, projectId: project_id } = world
  const client = await alice('POST', '/api/clients', { body: { project_id, name: 'c'.repeat(80) } })
  const body = { project_id, client_id: client.body.id, name: 'b'.repeat(80) }
  const brand = await alice('POST', '/api/brands', { body })
  expect(brand.status, JSON.stringify([client.body, brand.body])).toBe(201)
  const [name] = (await graphOf('long', [['raw', 0]], { brand_id: brand.body.id })).flatMap(
    (node) => node.job_name ?? [],
  )
  expect(name).toHaveLength(128)
  expect(name).toMatch(/^c+_b{80}_raw_copy_sales$/)
})

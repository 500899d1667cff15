import { closestName, DataError, FatalError } from '@millrace/core'
import { type Queryable, sql } from '@millrace/db'
import type { ManifestNode, WorkflowManifest } from '@millrace/workflow'

/** A deployed version as the engine walks it. Nodes are named by their place in the manifest. */
export interface VersionGraph {
  readonly versionId: number
  readonly manifest: WorkflowManifest
  readonly nodes: readonly ManifestNode[]
  readonly placeOf: ReadonlyMap<string, number>
  /** Direct upstreams and downstreams by place. */
  readonly upstreams: readonly (readonly number[])[]
  readonly downstreams: readonly (readonly number[])[]
  /** Place of the node it is mapped over, by place. */
  readonly mapOver: readonly (number | null)[]
}

const keptVersions = 500

/** Versions never change, so what was read once stays true. */
export class VersionGraphs {
  readonly #known = new Map<number, VersionGraph>()

  async get(db: Queryable, versionId: number): Promise<VersionGraph> {
    const known = this.#known.get(versionId)
    if (known !== undefined) return known
    const row = await db.maybe<{ manifest: WorkflowManifest }>(
      sql`select manifest from engine.workflow_version where id = ${versionId}`,
    )
    if (row === undefined) {
      throw new FatalError('WORKFLOW_VERSION_MISSING', {
        message: `There is no workflow version ${versionId} any more.`,
      })
    }
    return this.#keep(graphOf(versionId, row.manifest))
  }

  /** By version, those that there are; what is not known yet is read by one statement. */
  async getAll(db: Queryable, versionIds: readonly number[]): Promise<ReadonlyMap<number, VersionGraph>> {
    const graphs = new Map(
      versionIds.flatMap((id): [number, VersionGraph][] => {
        const known = this.#known.get(id)
        return known === undefined ? [] : [[id, known]]
      }),
    )
    const unknown = versionIds.filter((id) => !graphs.has(id))
    if (unknown.length === 0) return graphs
    const rows = await db.query<{ id: number; manifest: WorkflowManifest }>(
      sql`select id, manifest from engine.workflow_version where id = any(${unknown})`,
    )
    for (const { id, manifest } of rows) graphs.set(id, this.#keep(graphOf(id, manifest)))
    return graphs
  }

  #keep(graph: VersionGraph): VersionGraph {
    const [oldest] = this.#known.keys()
    if (this.#known.size >= keptVersions && oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(graph.versionId, graph)
    return graph
  }
}

export function graphOf(versionId: number, manifest: WorkflowManifest): VersionGraph {
  const placeOf = new Map(manifest.nodes.map((node, place) => [node.id, place]))
  const place = (id: string) => {
    const found = placeOf.get(id)
    if (found === undefined) {
      throw new FatalError('MANIFEST_INVALID', {
        message: `The manifest of ${manifest.name} ${manifest.version} speaks of a node "${id}" that it does not have.`,
      })
    }
    return found
  }
  const upstreams = manifest.nodes.map((node) => [...new Set(node.upstreams)].map(place))
  const downstreams = manifest.nodes.map((): number[] => [])
  upstreams.forEach((list, down) => {
    for (const up of list) downstreams[up]?.push(down)
  })
  return {
    versionId,
    manifest,
    nodes: manifest.nodes,
    placeOf,
    upstreams,
    downstreams,
    mapOver: manifest.nodes.map((node) => (node.mapOver === null ? null : place(node.mapOver))),
  }
}

export function nodeAt(graph: VersionGraph, place: number): ManifestNode {
  const node = graph.nodes[place]
  if (node === undefined) {
    throw new FatalError('MANIFEST_INVALID', { message: `Version ${graph.versionId} has no node at place ${place}.` })
  }
  return node
}

/**
 * Where the node is that somebody names.
 *
 * @throws DataError `NODE_MISSING`
 */
export function placeOf(graph: VersionGraph, id: string): number {
  const place = graph.placeOf.get(id)
  if (place !== undefined) return place
  const closest = closestName(id, [...graph.placeOf.keys()])
  throw new DataError('NODE_MISSING', {
    message: `${graph.manifest.name} ${graph.manifest.version} has no node "${id}".${closest === undefined ? '' : ` Did you mean "${closest}"?`}`,
  })
}

/** All nodes before or after one, itself left out. */
export function reachable(edges: readonly (readonly number[])[], from: readonly number[]): Set<number> {
  const seen = new Set<number>()
  const open = [...from]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    for (const next of edges[place] ?? []) {
      if (!seen.has(next)) {
        seen.add(next)
        open.push(next)
      }
    }
  }
  return seen
}

import type { PlatformSettings } from '@millrace/core'
import { type Queryable, sql } from '@millrace/db'
import { type Engine, type EngineWorkerApiOptions, type LeaseRef, nodeAt } from '@millrace/engine'
import { findTaskSecret, readTaskSecret } from '../secrets/index.ts'
import { readValues } from './read-values.ts'
import { findConnection } from './store.ts'

type Vault = NonNullable<EngineWorkerApiOptions['vault']>

/**
 * Connections and secrets by the names that tasks declare: those of the workflow's project, else of its namespace, else of the
 * platform; of workflows without a project the platform's only. Who asks was checked by the engine. What is handed out is
 * noted first.
 */
export function connectionVault(engine: Engine, settings: PlatformSettings): Vault {
  const { db } = engine
  const context = { db, settings }
  return {
    async connection(lease, name) {
      const reader = await readerOf(engine, lease)
      const found = await findConnection(db, reader.projectId, name)
      if (found === null) return null
      const { id, namespaceId, connector, secretFields } = found
      const values = await readValues(context, found)
      await db.execute(sql`
        insert into connections.last_use as u (connection_id, used_at) values (${id}, now())
        on conflict (connection_id) do update set used_at = now() where u.used_at < now() - interval '1 minute'`)
      if (secretFields.length > 0) await noteRead(db, reader, { entity: 'connection', id, namespaceId, name })
      return { connector, values, secretFields }
    },
    async secret(lease, name) {
      const reader = await readerOf(engine, lease)
      const found = await findTaskSecret(db, reader.projectId, name)
      if (found === null) return null
      const { id, namespaceId } = found
      const value = await readTaskSecret(context, found)
      await db.execute(sql`
        insert into secrets.task_secret_use as u (secret_id, used_at) values (${id}, now())
        on conflict (secret_id) do update set used_at = now() where u.used_at < now() - interval '1 minute'`)
      await noteRead(db, reader, { entity: 'task_secret', id, namespaceId, name })
      return value
    },
  }
}

interface Reader {
  readonly projectId: string | null
  readonly runId: number
  readonly workflow: string
  readonly node: string
}

async function readerOf({ db, graphs }: Engine, { taskRunId }: LeaseRef): Promise<Reader> {
  const { version_id, node_index, ...reader } = await db.one<
    Omit<Reader, 'node'> & { readonly version_id: number; readonly node_index: number }
  >(sql`
    select w.project_id as "projectId", r.id as "runId", w.name as workflow, r.version_id, t.node_index
    from engine.task_run t join engine.run r on r.id = t.run_id join engine.workflow w on w.id = r.workflow_id
    where t.id = ${taskRunId}`)
  return { ...reader, node: nodeAt(await graphs.get(db, version_id), node_index).id }
}

/** Once for each task of a run, however many items and attempts it has. */
async function noteRead(
  db: Queryable,
  { projectId, runId, workflow, node }: Reader,
  {
    entity,
    id,
    namespaceId,
    name,
  }: { readonly entity: string; readonly id: string; readonly namespaceId: string | null; readonly name: string },
): Promise<void> {
  const actor = `run:${runId}`
  const about = { name, workflow, node, project_id: projectId }
  const place = { project_id: projectId, namespace_id: namespaceId }
  await db.execute(sql`
    insert into audit.event (actor, entity, entity_id, action, after, scopes)
    select ${actor}::text, ${entity}::text, ${id}::text, 'read', ${sql.json(about)}::jsonb,
      array(select audit.scopes(${entity}, ${sql.json(place)}::jsonb))
    where not exists (
      select from audit.event
      where actor = ${actor} and entity = ${entity} and entity_id = ${id} and action = 'read' and after ->> 'node' = ${node}
    )`)
}

import { type Queryable, sql, type Trx } from '@millrace/db'
import { invalid } from '@millrace/http'
import { newId } from '../ids.ts'
import type { Storage } from './storage-input.ts'

export interface CloudStorage extends Storage {
  readonly id: string
  readonly projectId: string
  readonly name: string
}

const columns = sql`
  id, project_id as "projectId", name, storage_type as "storageType", configuration,
  source_path as "sourcePath", target_path as "targetPath", readonly`

export async function listStorages(db: Queryable, projectId: string): Promise<CloudStorage[]> {
  return await db.query(
    sql`select ${columns} from data_connectors.cloud_storage where project_id = ${projectId} order by name limit 1000`,
  )
}

export async function findStorage(db: Queryable, id: string): Promise<CloudStorage | null> {
  return (await db.maybe(sql`select ${columns} from data_connectors.cloud_storage where id = ${id}`)) ?? null
}

/** Nobody else changes it until the transaction is over. */
export async function lockStorage(trx: Trx, id: string): Promise<CloudStorage | null> {
  return (
    (await trx.maybe(sql`select ${columns} from data_connectors.cloud_storage where id = ${id} for no key update`)) ??
    null
  )
}

/** @throws HttpError 422 STORAGE_EXISTS */
export async function insertStorage(
  trx: Trx,
  createdBy: string,
  storage: Omit<CloudStorage, 'id'>,
): Promise<CloudStorage> {
  const { projectId, name, storageType, configuration, sourcePath, targetPath, readonly } = storage
  const row = await trx.maybe<CloudStorage>(sql`
    insert into data_connectors.cloud_storage
      (id, project_id, name, storage_type, configuration, source_path, target_path, readonly, created_by)
    values (
      ${newId()}, ${projectId}, ${name}, ${storageType}, ${sql.json(configuration)}, ${sourcePath}, ${targetPath}, ${readonly},
      ${createdBy}
    )
    on conflict (project_id, name) do nothing
    returning ${columns}`)
  if (row === undefined) throw nameTaken(name)
  return row
}

/** @throws HttpError 422 STORAGE_EXISTS */
export async function updateStorage(trx: Trx, storage: CloudStorage): Promise<void> {
  const { id, projectId, name, storageType, configuration, sourcePath, targetPath, readonly } = storage
  // Names of a project change one after the other, so that two of them cannot become the same.
  await trx.execute(sql`select 1 from common.project where id = ${projectId} for no key update`)
  const isTaken = await trx.maybe(sql`
    select 1 from data_connectors.cloud_storage where project_id = ${projectId} and name = ${name} and id <> ${id}`)
  if (isTaken !== undefined) throw nameTaken(name)
  await trx.execute(sql`
    update data_connectors.cloud_storage
    set name = ${name}, storage_type = ${storageType}, configuration = ${sql.json(configuration)},
      source_path = ${sourcePath}, target_path = ${targetPath}, readonly = ${readonly}
    where id = ${id}`)
}

export async function deleteStorage(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`delete from data_connectors.cloud_storage where id = ${id}`)
}

function nameTaken(name: string) {
  return invalid('STORAGE_EXISTS', `The project has a storage "${name}" already. Choose another name.`)
}

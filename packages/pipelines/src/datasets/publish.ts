import { writeJson } from '@millrace/connectors'
import { ConfigError, isMillraceError, TransientError } from '@millrace/core'
import { type DatasetContent, stageContent } from './dataset-content.ts'
import { type DatasetPlace, folderOf } from './place.ts'
import { type PublishOptions, planPublish, stagingTable } from './plan-publish.ts'
import { manifestKey, type RunManifest, readRunManifest, runFolder } from './run-manifest.ts'
import { openWorkDatabase, type WorkDatabase } from './work-database.ts'
import { writeFiles } from './write-files.ts'

export interface Published {
  /** `s3://bucket/branch/parent/child/state/dataset` */
  readonly uri: string
  readonly rows: number
  readonly files: number
  readonly bytes: number
  /** Folders below that of the run; one when it is partitioned by nothing else. */
  readonly partitions: number
  /** Whether the run had published before. */
  readonly replaced: boolean
}

/**
 * Publishes data of a run as files of Parquet. A run that published before gets its data replaced in one step: whatever
 * happens, readers see the former data or the new ones, whole. Columns `__metadata_…` are made anew.
 *
 * @throws ConfigError `RUN_UNKNOWN`, before anything is written; `PARTITION_NOT_A_COLUMN`, `PARTITION_TYPE_REFUSED`;
 * DataError `DATASET_EMPTY`, `DATASET_TYPE_REFUSED`, `COLUMN_NAME_RESERVED`; TransientError `DATASET_PUBLISH_CONFLICT`
 * when another publish of the run came first; FatalError `DATASET_INCOMPLETE`
 */
export async function publishDataset(
  place: DatasetPlace,
  content: DatasetContent,
  options: PublishOptions,
): Promise<Published> {
  const { runId, runs, signal } = options
  const run = await runs(runId)
  if (run === null) throw runUnknown(place, runId)
  const before = await readRunManifest(place, runId, signal)
  await using own = 'sql' in content ? null : await openWorkDatabase()
  const database = own ?? (content as { readonly database: WorkDatabase }).database
  await stageContent(content, database, stagingTable, signal)
  const plan = await planPublish(place, database, run.timestamp, options)
  const written: string[] = []
  try {
    const files = await writeFiles(place, database, plan, options, written)
    const manifest: RunManifest = { ...plan.manifest, files }
    // Listed before the manifest is written: whoever wrote something that is listed read the former manifest, and so
    // cannot publish any more once this one is there.
    const listed = await place.store.ls(runFolder(place, runId), signal)
    await writeManifest(place, manifest, before?.etag, before !== null, signal)
    await removeOthers(place, manifest, listed)
    return {
      ...{ uri: place.store.uri(folderOf(place, place.contract)), replaced: before !== null, files: files.length },
      rows: plan.rows,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      partitions: plan.partitions.length,
    }
  } catch (error) {
    // What may be published by now is left where it is; the next publish of the run removes what is not.
    if (!(isMillraceError(error) && error.code === 'DATASET_PUBLISH_UNSURE')) {
      await Promise.allSettled(written.map((key) => place.store.rm(key)))
    }
    throw error
  }
}

async function writeManifest(
  place: DatasetPlace,
  manifest: RunManifest,
  etag: string | null | undefined,
  existed: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const condition = !existed ? { ifAbsent: true } : etag == null ? {} : { ifEtag: etag }
  try {
    await writeJson(place.store, manifestKey(place, manifest.runId), manifest, {
      ...condition,
      ...(signal ? { signal } : {}),
    })
  } catch (cause) {
    // An answer that was lost on its way may have been a success.
    const now = await readRunManifest(place, manifest.runId).catch(() => null)
    if (now?.value.publishId === manifest.publishId) return
    const code = isMillraceError(cause) ? cause.code : ''
    if (code === 'OBJECT_EXISTS' || code === 'OBJECT_CHANGED') throw publishConflict(place, manifest.runId, cause)
    throw new TransientError('DATASET_PUBLISH_UNSURE', {
      message: `It is not known whether run ${manifest.runId} of the dataset "${place.contract.dataset}" was published, since the store stopped answering. Publish it again.`,
      cause,
    })
  }
}

async function removeOthers(
  place: DatasetPlace,
  { runId, files }: RunManifest,
  listed: readonly string[],
): Promise<void> {
  const folder = runFolder(place, runId)
  const current = new Set([manifestKey(place, runId), ...files.map(({ name }) => `${folder}/${name}`)])
  // What cannot be removed now is not read by anybody, and removed with the next publish of the run.
  await Promise.allSettled(listed.filter((key) => !current.has(key)).map((key) => place.store.rm(key)))
}

function runUnknown({ contract }: DatasetPlace, runId: string): ConfigError {
  return new ConfigError('RUN_UNKNOWN', {
    message: `There is no run ${runId}, so nothing of it can be published to the dataset "${contract.dataset}". Give the id of a run that exists.`,
    details: { runId, dataset: contract.dataset },
  })
}

function publishConflict({ contract }: DatasetPlace, runId: string, cause: unknown): TransientError {
  return new TransientError('DATASET_PUBLISH_CONFLICT', {
    message: `Another publish of run ${runId} to the dataset "${contract.dataset}" came first, and this one changed nothing. Publish again to replace it.`,
    details: { runId, dataset: contract.dataset },
    cause,
  })
}

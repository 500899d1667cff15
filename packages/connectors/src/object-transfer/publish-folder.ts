import { ConfigError } from '@millrace/core'
import type { LoadSpec, PublishResult } from '../kit/sink.ts'
import { hasCode, type StoredJson, writeJson } from './json-object.ts'
import { type DataObject, readTableManifest, rowsOf, type TableManifest } from './manifest.ts'
import { manifestKey, type ObjectPlace, under } from './place.ts'
import { appendConflicts } from './plan.ts'
import type { LoadRecord, StagedObject } from './records.ts'

/** So many loads are remembered as published: by far more than can be without their closing steps. */
const rememberedLoads = 100

/** Each fails only because another load was published meanwhile. */
const maxAttempts = 50

/**
 * Makes the objects of a load visible, by one write of the manifest that succeeds only when the
 * manifest is still the one that was read. A replace is lost to another load that came first; an
 * append is tried again on top of it.
 */
export async function publishFolder(
  place: ObjectPlace,
  spec: LoadSpec,
  record: LoadRecord,
  staged: readonly StagedObject[],
): Promise<PublishResult> {
  const { store, key, label } = place
  const inserted = rowsOf(staged)
  const files = staged.map(({ key: path, bytes, rows }) => ({ path: store.uri(path), bytes, rows }))
  for (let attempt = 1; ; attempt++) {
    const former = await readTableManifest(store, key, spec.signal)
    const done = publishedBy(former, record.load)
    if (done) return done
    if (spec.mode === 'replace') refuseOvertaken(former, record, label)
    else refuseAppend(place, spec, former)
    refuseMovedState(spec, record, former?.value ?? null, label)
    refuseEmptyReplace(spec, former?.value ?? null, inserted, label)
    const replaced = spec.mode === 'replace' && former ? { replaced: rowsOf(former.value.objects) } : {}
    const result: PublishResult = { inserted, updated: 0, skipped: 0, ...replaced, files }
    const next = nextManifest(place, spec, record, former?.value ?? null, staged, result)
    try {
      const condition = former === null ? { ifAbsent: true } : former.etag === null ? {} : { ifEtag: former.etag }
      await writeJson(store, manifestKey(key), next, { ...condition, signal: spec.signal })
      return result
    } catch (error) {
      // Another load came first, or the answer to our own write was lost: the manifest says which.
      const again = hasCode(error, 'OBJECT_CHANGED') || hasCode(error, 'OBJECT_EXISTS')
      if (!again || attempt === maxAttempts) throw error
    }
  }
}

/** The result of a load that is visible already; null when it is not. */
export function publishedBy(manifest: StoredJson<TableManifest> | null, load: string): PublishResult | null {
  return manifest?.value.published.find((one) => one.load === load)?.result ?? null
}

function nextManifest(
  { key, target }: ObjectPlace,
  spec: LoadSpec,
  { load }: LoadRecord,
  former: TableManifest | null,
  staged: readonly StagedObject[],
  result: PublishResult,
): TableManifest {
  const { files: _, ...counts } = result
  const objects: DataObject[] = staged.map((object) => ({ ...object, key: relativeTo(key, object.key) }))
  return {
    version: 1,
    columns: spec.columns,
    format: target.format,
    compression: target.compression,
    ...(target.csv ? { csv: target.csv } : {}),
    options: spec.options,
    partitionBy: target.partitionBy ?? [],
    objects: spec.mode === 'append' ? [...(former?.objects ?? []), ...objects] : objects,
    states: { ...former?.states, ...(spec.state ? { [spec.state.key]: spec.state.mark } : {}) },
    published: [
      ...(former?.published ?? []).slice(1 - rememberedLoads),
      { load, at: new Date().toISOString(), result: counts },
    ],
  }
}

function relativeTo(folder: string, key: string): string {
  return key.slice(under(folder, '').length)
}

function refuseOvertaken(former: StoredJson<TableManifest> | null, { base }: LoadRecord, label: string): void {
  if ((former?.etag ?? null) === base) return
  throw new ConfigError('TARGET_CHANGED', {
    message: `Another load was published to "${label}" while this one ran, and replacing it unseen would lose its rows. Run the copy again with --restart to replace it.`,
  })
}

/** What the plan found may have changed since, by another load. */
function refuseAppend(place: ObjectPlace, spec: LoadSpec, former: StoredJson<TableManifest> | null): void {
  if (!former) return
  const { value } = former
  const conflicts = [...appendConflicts(place, value, spec.columns)]
  const { jsonNumbers, jsonBinary, jsonAs } = value.options
  const same =
    jsonNumbers === spec.options.jsonNumbers && jsonBinary === spec.options.jsonBinary && jsonAs === spec.options.jsonAs
  if (value.format === 'ndjson' && !same) {
    conflicts.push(`"${place.label}" was written with other --json-… options. Choose the same.`)
  }
  if (conflicts.length === 0) return
  throw new ConfigError('SCHEMA_CONFLICT', { message: conflicts.join(' '), details: { conflicts } })
}

/** Two runs of one incremental copy at once read the same rows: only one of them may add them. */
function refuseMovedState(spec: LoadSpec, record: LoadRecord, former: TableManifest | null, label: string): void {
  if (!spec.state) return
  const { cursor, keys } = former?.states[spec.state.key] ?? { cursor: null, keys: [] }
  if (cursor === (record.state?.cursor ?? null) && keys.join('\0') === (record.state?.keys ?? []).join('\0')) return
  throw new ConfigError('TARGET_CHANGED', {
    message: `Another run of this incremental copy was published to "${label}" while this one ran. Run it again with --restart: it then reads what is new since.`,
  })
}

function refuseEmptyReplace(spec: LoadSpec, former: TableManifest | null, inserted: number, label: string): void {
  const rows = rowsOf(former?.objects ?? [])
  if (spec.mode !== 'replace' || spec.allowEmpty || inserted > 0 || rows === 0) return
  throw new ConfigError('EMPTY_REPLACE', {
    message: `The source has no rows, and the replace would empty "${label}", which has ${rows}. Say --allow-empty if that is meant.`,
    details: { rows },
  })
}

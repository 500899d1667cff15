import { checkFilter, type PartitionFilter, partitionTest, partitionUnknown } from './filters.ts'
import { runIdType } from './partition-values.ts'
import type { DatasetPlace } from './place.ts'
import {
  type PublishedFile,
  publishedRuns,
  type RunManifest,
  readRunManifest,
  runIdColumn,
  runsFor,
} from './run-manifest.ts'

/** What a run published and filters want of it. */
export interface WantedRun {
  readonly manifest: RunManifest
  readonly files: readonly PublishedFile[]
}

/** How many runs and files filters want of a dataset, without downloading any. */
export async function countDataset(
  place: DatasetPlace,
  filters: readonly PartitionFilter[] = [],
  signal?: AbortSignal,
): Promise<{ readonly runs: number; readonly files: number; readonly rows: number }> {
  const files = (await wantedRuns(place, filters, signal)).map((run) => run.files).filter(({ length }) => length > 0)
  return { runs: files.length, files: files.flat().length, rows: files.flat().reduce((sum, { rows }) => sum + rows, 0) }
}

/** The runs that filters want something of, or whose columns they do not exclude; one at least, where there is one. */
export async function wantedRuns(
  place: DatasetPlace,
  filters: readonly PartitionFilter[],
  signal?: AbortSignal,
): Promise<readonly WantedRun[]> {
  for (const filter of filters) checkFilter(filter)
  const ids = await runsFor(place, filters, signal)
  const idType = runIdType(ids)
  const ofRun = filters
    .filter(({ partition }) => partition === runIdColumn)
    .map((filter) => partitionTest(filter, idType))
  const others = filters.filter(({ partition }) => partition !== runIdColumn)
  const found: WantedRun[] = []
  for (const id of ids) {
    if (!ofRun.every((test) => test(id))) continue
    const manifest = (await readRunManifest(place, id, signal))?.value
    if (manifest === undefined) continue
    const tests = others.map((filter) => {
      const at = manifest.partitionBy.indexOf(filter.partition)
      const type = manifest.partitionDataTypes[filter.partition]
      if (at < 0 || type === undefined) {
        throw partitionUnknown(place.contract.dataset, filter.partition, [runIdColumn, ...manifest.partitionBy])
      }
      const test = partitionTest(filter, type)
      return (file: PublishedFile) => test(file.values[at] ?? null)
    })
    found.push({ manifest, files: manifest.files.filter((file) => tests.every((test) => test(file))) })
  }
  return found.length > 0 ? found : await columnsOnly(place, signal)
}

/** Nothing of some run, which tells the columns of the dataset. */
async function columnsOnly(place: DatasetPlace, signal: AbortSignal | undefined): Promise<readonly WantedRun[]> {
  const last = (await publishedRuns(place, signal)).at(-1)
  const manifest = last === undefined ? undefined : (await readRunManifest(place, last, signal))?.value
  return manifest === undefined ? [] : [{ manifest, files: [] }]
}

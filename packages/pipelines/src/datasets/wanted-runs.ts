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
): Promise<DatasetSize> {
  return sizeOf(await wantedRuns(place, filters, signal))
}

export interface DatasetSize {
  readonly rows: number
  readonly files: number
  readonly bytes: number
  /** That have some of the files. */
  readonly runs: number
}

export function sizeOf(runs: readonly WantedRun[]): DatasetSize {
  const files = runs.flatMap((run) => run.files)
  return {
    rows: files.reduce((total, file) => total + file.rows, 0),
    files: files.length,
    bytes: files.reduce((total, file) => total + file.bytes, 0),
    runs: runs.filter((run) => run.files.length > 0).length,
  }
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
  const named = ids.filter((id) => ofRun.every((test) => test(id)))
  for (const manifest of await readManifests(place, named, signal)) {
    const tests = others.map((filter) => {
      const at = manifest.partitionBy.indexOf(filter.partition)
      const type = manifest.partitionDataTypes[filter.partition]
      if (at < 0 || type === undefined) {
        throw partitionUnknown(place.contract.dataset, filter.partition, manifest)
      }
      const test = partitionTest(filter, type)
      return (file: PublishedFile) => test(file.values[at] ?? null)
    })
    found.push({ manifest, files: manifest.files.filter((file) => tests.every((test) => test(file))) })
  }
  return found.length > 0 ? found : await columnsOnly(place, signal)
}

/** Of runs that are still there, in the order given; several are read at once. */
export async function readManifests(
  place: DatasetPlace,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly RunManifest[]> {
  const atOnce = 16
  const manifests: RunManifest[] = []
  for (let start = 0; start < ids.length; start += atOnce) {
    const some = ids.slice(start, start + atOnce)
    const read = await Promise.all(some.map(async (id) => await readRunManifest(place, id, signal)))
    manifests.push(...read.flatMap((found) => (found === null ? [] : [found.value])))
  }
  return manifests
}

/** Nothing of some run, which tells the columns of the dataset. */
async function columnsOnly(place: DatasetPlace, signal: AbortSignal | undefined): Promise<readonly WantedRun[]> {
  const last = (await publishedRuns(place, signal)).at(-1)
  const manifest = last === undefined ? undefined : (await readRunManifest(place, last, signal))?.value
  return manifest === undefined ? [] : [{ manifest, files: [] }]
}

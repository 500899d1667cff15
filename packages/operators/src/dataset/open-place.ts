import {
  checkEnvironment,
  createDatasetContract,
  type DatasetPlace,
  environmentStore,
  readConstant,
} from '@millrace/pipelines'
import type { TaskContext } from '@millrace/workflow'
import { openConnection } from '../kit/open-connection.ts'
import type { DatasetAddress } from './config.ts'

export interface OpenedPlace extends AsyncDisposable {
  readonly place: DatasetPlace
  /** Another dataset in the same store, environment and branch. */
  beside(parts: {
    readonly client: string
    readonly brand: string
    readonly state: string
    readonly dataset: string
  }): DatasetPlace
}

/** The dataset that a configuration names, with what it leaves out taken from the environment of the worker. */
export async function openPlace(context: TaskContext, address: DatasetAddress): Promise<OpenedPlace> {
  const { store, client, brand, state, dataset } = address
  const environment = checkEnvironment(address.environment ?? (await readConstant('ENVIRONMENT')))
  const env = { ...process.env, MILLRACE_ENVIRONMENT: environment }
  const branch = address.branch ?? (await readConstant('BRANCH_NAME', { env }))
  const bucketPrefix = address.bucketPrefix ?? (await readConstant('BUCKET_PREFIX', { env }))
  const beside: (place: Omit<DatasetPlace, 'contract'>) => OpenedPlace['beside'] = (place) => (parts) => ({
    ...place,
    contract: createDatasetContract({ environment, branch, ...parts }),
  })
  const connector = await openConnection(context, store, 'object-store')
  try {
    const other = beside(environmentStore(connector, { environment, bucketPrefix }))
    const place = other({ client, brand, state, dataset })
    return { place, beside: other, [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose]() }
  } catch (error) {
    await connector[Symbol.asyncDispose]()
    throw error
  }
}

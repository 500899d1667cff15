import { countDataset, type PartitionFilter } from '@millrace/pipelines'
import type { TaskContext } from '@millrace/workflow'
import type { OperatorDefinition } from '../kit/definition.ts'
import { type Look, Sensor, type WaitConfig, waitProperties } from '../sensors/sensor.ts'
import { addressProperties, type DatasetAddress, filtersSchema } from './config.ts'
import { openPlace } from './open-place.ts'

export type DatasetSensorConfig = WaitConfig & DatasetAddress & { readonly filters?: readonly PartitionFilter[] }

export const datasetSensorDefinition: OperatorDefinition = {
  name: 'dataset_sensor',
  title: 'Wait for a dataset',
  description: 'Waits until a dataset has a partition that filters want, without taking a worker meanwhile.',
  configSchema: {
    type: 'object',
    properties: { ...addressProperties, filters: filtersSchema, ...waitProperties },
    required: ['store', 'client', 'brand', 'state', 'dataset'],
    additionalProperties: false,
  },
  output: '`{ runs, files, rows }`: how much there is',
  example: {
    store: 'lake',
    client: 'acme',
    brand: 'wonder',
    state: 'raw',
    dataset: 'sales',
    filters: [{ partition: 'day', comparison: '>=', values: ['{{ dt }}'] }],
  },
}

export class DatasetSensor extends Sensor<DatasetSensorConfig> {
  constructor(config: DatasetSensorConfig) {
    super(datasetSensorDefinition, config)
  }

  protected async look(config: DatasetSensorConfig, context: TaskContext): Promise<Look> {
    await using opened = await openPlace(context, config)
    const { runs, files, rows } = await countDataset(opened.place, config.filters, context.signal)
    if (files > 0) return { found: true, output: { runs, files, rows } }
    const { dataset, state } = config
    return { found: false, reason: `waiting for the dataset "${dataset}" of ${state}, which has no such partition` }
  }
}

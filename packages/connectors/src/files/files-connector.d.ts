import type { ConfigValues } from '../kit/config-schema.ts'
import type { Connector, ConnectorDefinition } from '../kit/connector.ts'
import { type ObjectStore } from './object-store.ts'
export interface FilesConnector extends Connector, ObjectStore {
  readonly path: string
}
export declare function createFilesConnector(
  definition: ConnectorDefinition & {
    readonly kind: 'object-store'
  },
  values: ConfigValues,
): FilesConnector
//# sourceMappingURL=files-connector.d.ts.map

import type { ConnectorDefinition } from '../kit/connector.ts'
export declare const definition: ConnectorDefinition & {
  readonly kind: 'object-store'
}
//# sourceMappingURL=connector.d.ts.map

import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createMqttConnector } from './mqtt-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'stream' } = {
  name: 'mqtt',
  title: 'MQTT',
  kind: 'stream',
  schemes: ['mqtt', 'mqtts'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [
    {
      kind: 'real server',
      name: 'Mosquitto 2.0',
      note: 'Messages have to be published with QoS 1 or 2: those with QoS 0 are kept by no broker.',
    },
  ],
  drivers: ['mqtt'],
  parseUri,
  create: (config) => createMqttConnector(definition, config),
}

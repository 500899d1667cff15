// What a connector of each kind is held to. Needs vitest.

export { describeNotifyConnector, type NotifySamples } from './kit/notify-connector.contract.ts'
export { describeObjectStore, type ObjectStoreSamples } from './kit/object-store.contract.ts'
export { readText } from './kit/read-text.contract.ts'
export { type ScriptedAnswer, type ScriptedServer, startScriptedServer } from './kit/scripted-server.contract.ts'
export { describeSqlConnector, type SqlConnectorSamples } from './kit/sql-connector.contract.ts'
export { type ContractBroker, describeStreamConnector, type StreamSubject } from './kit/stream-connector.contract.ts'

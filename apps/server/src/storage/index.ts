export { isSensitiveName, optionsOf, providerOf, type StorageConfiguration } from './configuration.ts'
export { storageRoutes } from './routes.ts'
export {
  changedStorage,
  newStorage,
  newStorageFields,
  presentSensitive,
  presentStorage,
  type Storage,
  sensitiveFields,
  storageChangeFields,
  storageFields,
} from './storage-input.ts'
export {
  checkPublishedFiles,
  type PublishedData,
  parseDoi,
  readPublishedData,
} from './test-connection/published-data.ts'

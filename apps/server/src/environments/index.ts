export { environmentRoutes } from './routes.ts'
export {
  environmentParts,
  environmentPatch,
  environmentPost,
  launchDescription,
  launchName,
  presentEnvironment,
} from './schemas.ts'
export { seedEnvironments } from './seed.ts'
export {
  type EnvironmentRow,
  type EnvironmentSettings,
  environmentColumns,
  environmentSettings,
  insertEnvironment,
  lockGlobalEnvironment,
  patchSettings,
  updateEnvironment,
} from './store.ts'

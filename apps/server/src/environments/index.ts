export { environmentRoutes } from './routes.ts'
export {
  environmentKinds,
  environmentPatch,
  environmentPost,
  environmentSchema,
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

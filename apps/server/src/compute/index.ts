export { computeRoutes } from './routes.ts'
export { seedPools } from './seed.ts'
export { usableClass } from './usable-class.ts'

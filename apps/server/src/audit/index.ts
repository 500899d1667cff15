export { noteDeed } from './note-deed.ts'
export { auditRoutes } from './routes.ts'

export { consoleSite } from './console-site.ts'

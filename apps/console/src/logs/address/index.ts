export { type LogAddress, logAddress, logKeys } from './log-address.ts'

export { emitEvent } from './emit.ts'
export type { EventPayloads, EventType, MemberRole } from './types.ts'

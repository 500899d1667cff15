export { emitEvent } from './emit.ts'
export { dropUnwantedEvents, startEventDelivery } from './start-event-delivery.ts'
export type { EventPayloads, EventType, MemberRole } from './types.ts'

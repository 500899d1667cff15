import type { EventType } from '../types.ts'

/** Avro, as JSON. */
export interface RecordSchema {
  readonly type: 'record'
  readonly name: string
  readonly namespace: string
  readonly doc: string
  readonly fields: readonly { readonly name: string; readonly type: unknown; readonly default?: null }[]
}

/** Of the headers of every event, beside its payload; raised when a schema changes in a way that old readers do not read. */
export const schemaVersion = '2'

const optionalText = { type: ['null', 'string'], default: null } as const
const role = { type: { type: 'enum', name: 'MemberRole', symbols: ['OWNER', 'EDITOR', 'VIEWER'] } }
const visibility = { type: { type: 'enum', name: 'Visibility', symbols: ['PUBLIC', 'PRIVATE'] } }
const texts = { type: { type: 'array', items: 'string' } }
const instant = { type: { type: 'long', logicalType: 'timestamp-millis' } }
const text = { type: 'string' }

const projectFields = {
  ...{ id: text, name: text, namespace: text, slug: text },
  ...{ repositories: texts, visibility, description: optionalText },
}
const groupFields = { id: text, name: text, description: optionalText, namespace: text }
const userFields = { id: text, firstName: optionalText, lastName: optionalText, email: optionalText, namespace: text }
const projectMember = { projectId: text, userId: text }
const groupMember = { groupId: text, userId: text }

/** What the payload of each type of event is, in Avro. Fields that are left out of an event are null. */
export const recordSchemas: Readonly<Record<EventType, RecordSchema>> = {
  'project.created': record('ProjectCreated', 'A project was made.', {
    ...projectFields,
    ...{ createdBy: text, creationDate: instant, keywords: texts },
  }),
  'project.updated': record('ProjectUpdated', 'A project was changed, and is like this now.', {
    ...projectFields,
    keywords: texts,
  }),
  'project.removed': record('ProjectRemoved', 'A project was deleted.', { id: text }),
  'projectAuth.added': record('ProjectMemberAdded', 'Somebody became a member of a project.', {
    ...projectMember,
    role,
  }),
  'projectAuth.updated': record('ProjectMemberUpdated', 'A member of a project has another role.', {
    ...projectMember,
    role,
  }),
  'projectAuth.removed': record('ProjectMemberRemoved', 'Somebody is no member of a project any more.', projectMember),
  'group.added': record('GroupAdded', 'A group was made.', groupFields),
  'group.updated': record('GroupUpdated', 'A group was changed, and is like this now.', groupFields),
  'group.removed': record('GroupRemoved', 'A group was deleted, with what it held.', { id: text }),
  'memberGroup.added': record('GroupMemberAdded', 'Somebody became a member of a group.', { ...groupMember, role }),
  'memberGroup.updated': record('GroupMemberUpdated', 'A member of a group has another role.', {
    ...groupMember,
    role,
  }),
  'memberGroup.removed': record('GroupMemberRemoved', 'Somebody is no member of a group any more.', groupMember),
  'user.added': record('UserAdded', 'Somebody is known to the platform now.', userFields),
  'user.updated': record('UserUpdated', 'A user was changed, and is like this now.', userFields),
  'user.removed': record('UserRemoved', 'A user was deleted.', { id: text }),
  'reprovisioning.started': record('ReprovisioningStarted', 'Everything is told anew from here on.', { id: text }),
  'reprovisioning.finished': record('ReprovisioningFinished', 'Everything was told anew.', { id: text }),
}

function record(
  name: string,
  doc: string,
  fields: Readonly<Record<string, { readonly type: unknown; readonly default?: null }>>,
): RecordSchema {
  return {
    ...{ type: 'record', name, namespace: 'millrace.events', doc },
    fields: Object.entries(fields).map(([field, type]) => ({ name: field, ...type })),
  }
}

/** Payloads of the events that the platform tells about, by type. Where a field is optional it is left out when empty. */
export interface EventPayloads {
  'project.created': ProjectPayload & { readonly createdBy: string; readonly creationDate: string }
  'project.updated': ProjectPayload
  'project.removed': { readonly id: string }
  'projectAuth.added': ProjectMember
  'projectAuth.updated': ProjectMember
  'projectAuth.removed': { readonly projectId: string; readonly userId: string }
  'group.added': GroupPayload
  'group.updated': GroupPayload
  'group.removed': { readonly id: string }
  'memberGroup.added': GroupMember
  'memberGroup.updated': GroupMember
  'memberGroup.removed': { readonly groupId: string; readonly userId: string }
  'user.added': UserPayload
  'user.updated': UserPayload
  'user.removed': { readonly id: string }
  'reprovisioning.started': { readonly id: string }
  'reprovisioning.finished': { readonly id: string }
}

export type EventType = keyof EventPayloads
export type MemberRole = 'OWNER' | 'EDITOR' | 'VIEWER'

interface ProjectPayload {
  readonly id: string
  readonly name: string
  readonly namespace: string
  readonly slug: string
  readonly repositories: readonly string[]
  readonly visibility: 'PUBLIC' | 'PRIVATE'
  readonly description?: string
  readonly keywords: readonly string[]
}

interface ProjectMember {
  readonly projectId: string
  readonly userId: string
  readonly role: MemberRole
}

interface GroupPayload {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly namespace: string
}

interface GroupMember {
  readonly groupId: string
  readonly userId: string
  readonly role: MemberRole
}

interface UserPayload {
  readonly id: string
  readonly firstName?: string
  readonly lastName?: string
  readonly email?: string
  readonly namespace: string
}

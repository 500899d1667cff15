import type { Schema } from '../api/index.ts'

export type Member = Schema<'Member'>
export type Role = Member['role']

export const roles: readonly Role[] = ['owner', 'editor', 'viewer']

/** What each role lets people do, to a project and to a group. */
export const roleMeanings: Readonly<Record<'project' | 'group', Readonly<Record<Role, string>>>> = {
  project: {
    owner: 'Everything: members, visibility, address, audit, removal.',
    editor: 'Change and run what is in it.',
    viewer: 'See what is in it.',
  },
  group: {
    owner: 'Everything, also in all of its projects.',
    editor: 'Create projects in it, and see all of its projects.',
    viewer: 'See all of its projects.',
  },
}

export function memberName({ first_name = '', last_name = '', namespace }: Omit<Member, 'role'>): string {
  return `${first_name} ${last_name}`.trim() || namespace
}

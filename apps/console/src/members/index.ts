export { AddMember } from './add-member.tsx'
export { MemberTable } from './member-table.tsx'
export { PersonName } from './person-name.tsx'
export { type Member, type Role, roleMeanings } from './roles.ts'

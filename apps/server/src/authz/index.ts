export { syncAdmins } from './admins.ts'
export type { Authz, Caller, ObjectRef, ObjectType, Question, Relation } from './authz.ts'
export { companionsOf } from './companions.ts'
export { createAuthz } from './create-authz.ts'
export {
  countVisible,
  type ProjectFilter,
  type ReadableProjects,
  readableProjects,
  readProjectPage,
} from './readable-projects.ts'
export { everyAnonymous, everyUser, platformRef, publicViewers, rightsOf, userRef } from './refs.ts'
export { type Member, type Role, type RoleChange, removeRoles, rolesOf, setRoles } from './roles.ts'

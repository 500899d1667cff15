export type { Authz, Caller, ObjectRef, ObjectType, Question, Relation } from './authz.ts'
export { createAuthz } from './create-authz.ts'

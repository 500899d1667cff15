import { closestName, FatalError } from '@millrace/core'
import type { ObjectType } from './authz.ts'
import { type Expression, parseExpression } from './expression.ts'
import { schema, type TypeSchema } from './schema.ts'

export interface Subject {
  readonly type: ObjectType
  /** Everybody of the type, and nobody by name. */
  readonly wildcard: boolean
}

/** A permission with everything written out: it is had by whom at least one part grants it to. */
export interface Rule {
  /** Relations of the object to people. */
  readonly relations: readonly string[]
  /** What one has to have on an object that a relation leads to, for every type that it may be of. */
  readonly arrows: readonly { readonly relation: string; readonly type: ObjectType; readonly rule: Rule }[]
  readonly admins: boolean
  readonly differences: readonly { readonly from: Rule; readonly without: Rule }[]
}

const nobody: Rule = { relations: [], arrows: [], admins: false, differences: [] }
const subjects = new Map<string, readonly Subject[]>()
const rules = new Map<string, Rule>()
const relationNames = new Set(Object.values(schema).flatMap(({ relations }) => Object.keys(relations)))

for (const [type, { relations }] of entriesOf(schema)) {
  for (const [relation, text] of Object.entries(relations)) subjects.set(`${type}.${relation}`, parseSubjects(text))
}
for (const [type, { permissions }] of entriesOf(schema)) {
  for (const permission of Object.keys(permissions)) {
    rules.set(`${type}.${permission}`, askingOnceForAdmins(resolve(type, permission, [])))
  }
}

/**
 * @throws FatalError AUTHZ_PERMISSION_UNKNOWN when the schema has none of this name.
 */
export function ruleOf(type: ObjectType, permission: string): Rule {
  return rules.get(`${type}.${permission}`) ?? fail(type, 'permission', permission)
}

/**
 * What may be related to an object by the relation.
 *
 * @throws FatalError AUTHZ_TYPE_UNKNOWN, AUTHZ_RELATION_UNKNOWN when the schema has none of this name.
 */
export function subjectsOf(type: ObjectType, relation: string): readonly Subject[] {
  return subjects.get(`${type}.${relation}`) ?? fail(type, 'relation', relation)
}

export function hasRelation(type: ObjectType, relation: string): boolean {
  return subjects.has(`${type}.${relation}`)
}

/** Whether any type has a relation of this name. */
export function isRelation(relation: string): boolean {
  return relationNames.has(relation)
}

/** Whether the relation leads to people, and not on to other objects. */
export function isToPeople(type: ObjectType, relation: string): boolean {
  return subjectsOf(type, relation).every((subject) => subject.type === 'user' || subject.type === 'anonymous_user')
}

/** Whether everything of the type has the relation to the one platform, without its being stored. */
export function isImplied(type: ObjectType, relation: string): boolean {
  return subjectsOf(type, relation).every((subject) => subject.type === 'platform')
}

function resolve(type: ObjectType, permission: string, path: readonly string[]): Rule {
  const name = `${type}.${permission}`
  const text = schema[type].permissions[permission] ?? fail(type, 'permission', permission)
  if (path.includes(name)) {
    throw new FatalError('AUTHZ_PERMISSION_CIRCULAR', {
      message: `The permission ${name} depends on itself: ${[...path, name].join(', ')}. Correct the schema.`,
    })
  }
  return ruleFor(type, parseExpression(text), [...path, name])
}

function ruleFor(type: ObjectType, expression: Expression, path: readonly string[]): Rule {
  switch (expression.kind) {
    case 'name': {
      const { name } = expression
      if (!Object.hasOwn(schema[type].relations, name)) return resolve(type, name, path)
      if (!isToPeople(type, name)) {
        throw new FatalError('AUTHZ_PERMISSION_INVALID', {
          message: `The permission ${path.at(-1)} names the relation ${name}, which leads to objects. Say which permission on them: "${name}->…".`,
        })
      }
      return type === 'platform' && name === 'admin' ? { ...nobody, admins: true } : { ...nobody, relations: [name] }
    }
    case 'arrow': {
      const { relation, permission } = expression
      if (isImplied(type, relation)) {
        const rule = resolve('platform', permission, path)
        if (rule.relations.length === 0) return rule
        throw new FatalError('AUTHZ_PERMISSION_INVALID', {
          message: `The permission ${path.at(-1)} asks for ${permission} on the platform. Only what administrators alone have is passed on.`,
        })
      }
      const targets = subjectsOf(type, relation)
      return {
        ...nobody,
        arrows: targets.map((target) => ({
          relation,
          type: target.type,
          rule: resolve(target.type, permission, path),
        })),
      }
    }
    case 'union':
      return union(ruleFor(type, expression.left, path), ruleFor(type, expression.right, path))
    case 'difference': {
      const from = ruleFor(type, expression.left, path)
      const without = ruleFor(type, expression.right, path)
      return { ...nobody, differences: [{ from, without }] }
    }
  }
}

/** Where administrators are granted a permission anyway, what leads on to other objects need not look for them again. */
function askingOnceForAdmins(rule: Rule, asked = false): Rule {
  const admins = rule.admins && !asked
  const arrows = rule.arrows.map((arrow) => ({ ...arrow, rule: askingOnceForAdmins(arrow.rule, asked || rule.admins) }))
  const differences = rule.differences.map(({ from, without }) => ({
    from: askingOnceForAdmins(from),
    without: askingOnceForAdmins(without),
  }))
  return { ...rule, admins, arrows, differences }
}

/** Relations and arrows of the same name become one, so that each is looked up once. */
function union(left: Rule, right: Rule): Rule {
  const arrows = [...left.arrows]
  for (const arrow of right.arrows) {
    const at = arrows.findIndex(({ relation, type }) => relation === arrow.relation && type === arrow.type)
    const same = arrows[at]
    if (same === undefined) arrows.push(arrow)
    else arrows[at] = { ...same, rule: union(same.rule, arrow.rule) }
  }
  return {
    relations: [...new Set([...left.relations, ...right.relations])],
    arrows,
    admins: left.admins || right.admins,
    differences: [...left.differences, ...right.differences],
  }
}

function parseSubjects(text: string): readonly Subject[] {
  return text.split(' | ').map((part) => {
    const [name = '', star] = part.split(':')
    if (!isType(name)) return failType(name)
    return { type: name, wildcard: star === '*' }
  })
}

function isType(name: string): name is ObjectType {
  return Object.hasOwn(schema, name)
}

function failType(name: string): never {
  throw new FatalError('AUTHZ_TYPE_UNKNOWN', {
    message: `There is no type of object called "${name}". The schema has: ${Object.keys(schema).join(', ')}.`,
  })
}

function fail(type: ObjectType, kind: 'relation' | 'permission', name: string): never {
  if (!isType(type)) failType(type)
  const known = Object.keys(schema[type][`${kind}s`])
  const near = closestName(name, known)
  throw new FatalError(`AUTHZ_${kind === 'relation' ? 'RELATION' : 'PERMISSION'}_UNKNOWN`, {
    message: `There is no ${kind} "${name}" of a ${type}. ${near === undefined ? `The schema has: ${known.join(', ') || 'none'}.` : `Did you mean "${near}"?`}`,
  })
}

function entriesOf(types: Readonly<Record<ObjectType, TypeSchema>>): [ObjectType, TypeSchema][] {
  return Object.entries(types) as [ObjectType, TypeSchema][]
}

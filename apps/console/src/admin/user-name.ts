import type { Schema } from '../api/index.ts'

/** As a person is called in lists for administrators. */
export function userName({ first_name, last_name, email, username }: Schema<'User'>): string {
  const name = [first_name, last_name].filter((part) => part !== undefined && part !== '').join(' ')
  return name === '' ? (email ?? username) : name
}

import { api } from '../api/index.ts'

/** The member that somebody named by an e-mail address, the slug of a group, or `NAMESPACE/PROJECT`. */
export async function findMember(who: string, isProhibited: boolean) {
  if (who.includes('@')) {
    const [user] = await api.get('/api/data/users', { params: { query: { exact_email: who } } })
    if (user === undefined) {
      throw new Error(`Nobody here has the e-mail address ${who}. People are known from when they first sign in.`)
    }
    return { member_type: 'user', id: user.id, role: isProhibited ? 'prohibited' : 'viewer' } as const
  }
  if (isProhibited) throw new Error('Only persons can be kept out, by their e-mail address.')
  const [namespace = '', slug, ...rest] = who.split('/')
  if (slug === undefined) {
    const { id } = await api.get('/api/data/groups/{slug}', { params: { path: { slug: namespace } } })
    return { member_type: 'group', id, role: 'group_viewer' } as const
  }
  if (rest.length > 0) throw new Error(`"${who}" is no path of a project: write NAMESPACE/PROJECT.`)
  const { id } = await api.get('/api/data/namespaces/{namespace}/projects/{slug}', {
    params: { path: { namespace, slug } },
  })
  return { member_type: 'project', id, role: 'project_viewer' } as const
}

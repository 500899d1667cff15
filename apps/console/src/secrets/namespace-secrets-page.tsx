import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { Loaded, Page } from '../ui/index.ts'
import { TaskSecretList } from './task-secret-list.tsx'

/** Secrets for tasks of all projects of a namespace: who sees them may change them. */
export function NamespaceSecretsPage() {
  const { namespace: slug } = useParams({ from: '/shell/secrets/of/$namespace' })
  const namespace = useQuery(apiQuery('/api/data/namespaces/{slug}', { params: { path: { slug } } }))
  return (
    <Page title={`Secrets of ${slug}`} above={[{ label: 'Secrets', link: { to: '/secrets' } }]}>
      <Loaded query={namespace}>{() => <TaskSecretList place={{ kind: 'namespace', slug }} mayWrite />}</Loaded>
    </Page>
  )
}

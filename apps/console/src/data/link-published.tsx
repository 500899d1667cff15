import { api } from '../api/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { linkToProject } from './link-to-project.ts'

/** Links data that somebody published with a DOI; it becomes a data connector of everybody, once. */
export function LinkPublished({ projectId }: { readonly projectId: string }) {
  return (
    <FormButton<{ doi: string }>
      variant="default"
      title="Link published data"
      about="Data that were published with a DOI, such as at Zenodo or in a Dataverse, are mounted to be read only. Name, description and keywords are those of the publisher."
      schema={{
        type: 'object',
        required: ['doi'],
        properties: {
          doi: {
            type: 'string',
            title: 'DOI',
            minLength: 1,
            maxLength: 300,
            description: 'Such as 10.5281/zenodo.3831980, or its address at doi.org.',
          },
        },
      }}
      submitLabel="Link it"
      save={async ({ doi }) => {
        const connector = await api.post('/api/data/data_connectors/global', {
          body: { storage: { configuration: { type: 'doi', doi: doi.trim() } } },
        })
        await linkToProject(connector.id, projectId)
      }}
    >
      Link published data
    </FormButton>
  )
}

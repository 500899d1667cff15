import type { StorageProvider } from '../provider.ts'

export const doi: StorageProvider = {
  name: 'doi',
  description: 'Published data by its DOI',
  options: [
    { name: 'doi', help: 'The DOI, or the address at doi.org.', required: true },
    {
      name: 'provider',
      help: 'Software of the repository that published the data. Default: found out by itself.',
      advanced: true,
      exclusive: true,
      examples: [
        { value: 'auto', help: 'Found out by itself' },
        { value: 'zenodo', help: 'Zenodo' },
        { value: 'dataverse', help: 'Dataverse' },
        { value: 'invenio', help: 'InvenioRDM' },
      ],
    },
    { name: 'doi_resolver_api_url', help: 'Another resolver than that of doi.org.', advanced: true },
  ],
}

import { Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, apiQuery, type Schema } from '../api/index.ts'
import { Failure, Loaded } from '../ui/index.ts'
import { fieldErrors, SchemaForm } from '../ui/schema-form/index.ts'
import { useRunChange } from './use-run-change.ts'

/** Starts another run of the workflow, with the parameters of this one to change. */
export function RunAgainDialog({ run, onClose }: { readonly run: Schema<'Run'>; readonly onClose: () => void }) {
  const navigate = useNavigate()
  const { workflow } = run
  const current = useQuery(apiQuery('/api/workflows/{workflow}', { params: { path: { workflow } } }))
  const version = current.data?.version ?? run.version
  const manifest = useQuery({
    ...apiQuery('/api/workflows/{workflow}/versions/{version}', { params: { path: { workflow, version } } }),
    enabled: current.data !== undefined,
  })
  const start = useRunChange(
    (params: Record<string, unknown>) =>
      api.post('/api/workflows/{workflow}/runs', {
        params: { path: { workflow } },
        body: { params, logical_date: run.logical_date, version },
      }),
    {
      showsFailure: true,
      onDone: ({ id }) => {
        onClose()
        void navigate({ to: '/runs/$run', params: { run: id }, search: {} })
      },
    },
  )
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`Run ${workflow} again`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Loaded query={manifest}>
        {(found) => (
          <Stack>
            <Text size="sm">
              A new run of version {version} for the same date. Run {run.id} stays as it is.
            </Text>
            <SchemaForm
              schema={paramsSchema(found)}
              value={run.params}
              onSubmit={(params) => start.mutate(params)}
              submitLabel="Start"
              isSubmitting={start.isPending}
              extraErrors={fieldErrors(start.error?.message ?? '', Object.keys(run.params))}
              idPrefix="again"
            >
              {start.error !== null && <Failure error={start.error} />}
            </SchemaForm>
          </Stack>
        )}
      </Loaded>
    </Modal>
  )
}

const noParams = { type: 'object', properties: {} }

function paramsSchema({ params }: Schema<'WorkflowManifest'>): object {
  return params ?? noParams
}

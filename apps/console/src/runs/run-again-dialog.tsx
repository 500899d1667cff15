import { Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, apiQuery, type Schema } from '../api/index.ts'
import { type CloseGuard, Failure, Loaded, useCloseGuard } from '../ui/index.ts'
import { fieldErrors, SchemaForm } from '../ui/schema-form/index.ts'
import { useRunChange } from './use-run-change.ts'

/** Starts another run of the workflow, with the parameters of this one to change. */
export function RunAgainDialog({ run, onClose }: { readonly run: Schema<'Run'>; readonly onClose: () => void }) {
  const guard = useCloseGuard(onClose)
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
      onClose={guard.close}
      closeOnClickOutside={false}
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
              onChange={guard.note}
              onSubmit={(params) => start.mutate(params)}
              submitLabel="Start"
              isSubmitting={start.isPending}
              extraErrors={fieldErrors(start.error?.message ?? '', Object.keys(run.params))}
              idPrefix="again"
            >
              {start.error !== null && <Failure error={start.error} />}
            </SchemaForm>
            <Begun guard={guard} params={run.params} />
          </Stack>
        )}
      </Loaded>
    </Modal>
  )
}

/** Once the form is there: what differs from now on is typed. */
function Begun({ guard, params }: { readonly guard: CloseGuard; readonly params: object }) {
  const [begin] = useState(() => {
    guard.note(params)
    return guard.begin
  })
  useEffect(begin, [begin])
  return null
}

const noParams = { type: 'object', properties: {} }

function paramsSchema({ params }: Schema<'WorkflowManifest'>): object {
  return params ?? noParams
}

import { Button, Group } from '@mantine/core'
import { IconArrowsExchange } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { EmptyState, Page } from '../ui/index.ts'
import { Comparison } from './compare/comparison.tsx'
import { RunSelect } from './compare/run-select.tsx'
import type { CompareSearch } from './search.ts'

/** What differs between two runs. Without a left one it is the run of the same workflow before the right one. */
export function CompareRunsPage() {
  const search = useSearch({ from: '/shell/runs/compare' })
  const navigate = useNavigate()
  const known = search.right ?? search.left
  const run = useQuery({
    ...apiQuery('/api/runs/{run}', { params: { path: { run: known ?? '' } } }),
    enabled: known !== undefined,
  })
  const workflow = run.data?.workflow
  const before = useQuery({
    ...apiQuery('/api/runs', {
      params: { query: { workflow: workflow ?? '', before: Number(search.right ?? 1), per_page: 1 } },
    }),
    enabled: workflow !== undefined && search.left === undefined && search.right !== undefined,
  })
  const left = search.left ?? before.data?.[0]?.id
  const { right } = search
  useLive(left === undefined ? {} : { run: left })
  useLive(right === undefined ? {} : { run: right })
  const go = (some: CompareSearch) => {
    const next = { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }), ...some }
    void navigate({ to: '/runs/compare', search: next })
  }
  return (
    <Page
      title="Compare runs"
      above={[
        { label: 'Runs', link: { to: '/runs' } },
        ...(right === undefined
          ? []
          : [{ label: `Run ${right}`, link: { to: '/runs/$run' as const, params: { run: right } } }]),
      ]}
    >
      {known === undefined ? (
        <EmptyState title="Choose a run first">
          Open a run and choose Compare there; this page then shows it beside another run of its workflow.
        </EmptyState>
      ) : (
        <>
          <Group align="flex-end">
            <RunSelect label="Left" workflow={workflow} value={left} onChange={(id) => go({ left: id })} />
            <Button
              variant="default"
              px="xs"
              aria-label="Change sides"
              disabled={left === undefined || right === undefined}
              onClick={() => go({ left: right ?? '', right: left ?? '' })}
            >
              <IconArrowsExchange size={18} aria-hidden />
            </Button>
            <RunSelect label="Right" workflow={workflow} value={right} onChange={(id) => go({ right: id })} />
          </Group>
          {left === undefined || right === undefined ? (
            <EmptyState title="There is no other run to compare with">Choose one on each side.</EmptyState>
          ) : (
            <Comparison left={left} right={right} />
          )}
        </>
      )}
    </Page>
  )
}

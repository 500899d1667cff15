import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../../api/index.ts'
import { Loaded } from '../../ui/index.ts'
import { DifferenceTable } from './difference-table.tsx'

/** Where the outputs of a task in two runs differ. By ids of task runs. */
export function OutputDifferences({ left, right }: { readonly left: number; readonly right: number }) {
  const leftOutput = useQuery(outputQuery(left))
  const rightOutput = useQuery(outputQuery(right))
  return (
    <Loaded query={leftOutput} lines={1}>
      {(a) => (
        <Loaded query={rightOutput} lines={1}>
          {(b) => <DifferenceTable label="Output" left={a.value} right={b.value} />}
        </Loaded>
      )}
    </Loaded>
  )
}

function outputQuery(task_run: number) {
  return apiQuery('/api/task-runs/{task_run}/output', { params: { path: { task_run } } })
}

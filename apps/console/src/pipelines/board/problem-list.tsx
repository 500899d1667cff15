import { Alert, Anchor, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { PlacedProblem } from './problems.ts'

interface ProblemListProps {
  readonly problems: readonly PlacedProblem[]
  /** What is wrong with it is not known. */
  readonly error: Error | null
  readonly nameOf: (cardKey: string) => string
  readonly onOpen: (problem: PlacedProblem) => void
}

/** Everything that keeps the pipeline from being saved; each leads to where it is solved. */
export function ProblemList({ problems, error, nameOf, onOpen }: ProblemListProps) {
  if (problems.length === 0 && error === null) return null
  return (
    <Alert
      color="red"
      icon={<IconAlertTriangle aria-hidden />}
      title={
        problems.length === 0
          ? 'It could not be checked'
          : problems.length === 1
            ? 'One problem keeps it from being saved'
            : `${problems.length} problems keep it from being saved`
      }
    >
      {error !== null && <Text size="sm">{error.message}</Text>}
      <Stack gap={2} mah={180} style={{ overflowY: 'auto' }}>
        {problems.map((problem, at) => (
          <Text key={`${at} ${problem.message}`} size="sm">
            {(problem.card !== undefined || problem.setting !== undefined) && (
              <>
                <Anchor component="button" type="button" size="sm" underline="always" onClick={() => onOpen(problem)}>
                  {problem.card === undefined ? 'Settings' : nameOf(problem.card)}
                </Anchor>
                {': '}
              </>
            )}
            {problem.message}
          </Text>
        ))}
      </Stack>
    </Alert>
  )
}

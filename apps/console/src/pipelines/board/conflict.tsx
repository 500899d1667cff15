import { Alert, Button, Group, Text } from '@mantine/core'
import { Fragment } from 'react'
import { Moment } from '../../ui/index.ts'
import { changedBy } from './changed-by.ts'
import type { Pipeline } from './edited.ts'
import { PersonName } from './person-name.tsx'

interface ConflictProps {
  readonly base: Pipeline
  /** As somebody else saved it. */
  readonly theirs: Pipeline
  readonly onKeepMine: () => void
  readonly onTakeTheirs: () => void
}

/** Somebody else saved the pipeline while it was edited here. */
export function Conflict({ base, theirs, onKeepMine, onTakeTheirs }: ConflictProps) {
  const actors = changedBy(base, theirs)
  return (
    <Alert color="yellow" role="alert" title="Somebody else changed this pipeline">
      <Text size="sm" mb="xs">
        {actors.length === 0 && 'Somebody'}
        {actors.map((id, at) => (
          <Fragment key={id}>
            {at > 0 && ' and '}
            <PersonName id={id} />
          </Fragment>
        ))}{' '}
        saved it <Moment at={theirs.updated_at} />. Nothing of yours is lost: your changes can be put on top of what was
        saved, and you see what would change before you save.
      </Text>
      <Group gap="xs">
        <Button size="xs" onClick={onKeepMine}>
          Put my changes on top
        </Button>
        <Button size="xs" variant="default" onClick={onTakeTheirs}>
          Discard mine and take theirs
        </Button>
      </Group>
    </Alert>
  )
}

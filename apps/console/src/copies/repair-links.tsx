import { Button, Group } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { placeLinks, useProjectPlace } from '../connections/index.ts'
import type { Copy } from './copy-editor.tsx'
import { type End, useEndAddress, useEnds } from './use-ends.ts'

/** Ways to what can be the cause of a failure: what the copy is, and the connections at both ends. */
export function RepairLinks({ copy: { config }, mayWrite }: { readonly copy: Copy; readonly mayWrite: boolean }) {
  const { id } = useProjectPlace()
  const { ends = [] } = useEnds(id)
  const [source, destination] = [config.from, config.to].map((given) =>
    ends.find(({ name }) => name === (given as { connection?: unknown } | undefined)?.connection),
  )
  return (
    <Group gap="xs">
      {mayWrite && (
        <Button
          size="xs"
          variant="default"
          renderRoot={(props) => <Link {...props} to="." search={{ tab: 'definition' } as never} />}
        >
          Change the copy
        </Button>
      )}
      <EndButton label="Source" end={source} />
      {destination?.name !== source?.name && <EndButton label="Destination" end={destination} />}
    </Group>
  )
}

/** Nothing for a connection that the person may not look into. */
function EndButton({ label, end }: { readonly label: string; readonly end: End | undefined }) {
  const address = useEndAddress(useProjectPlace(), end)
  if (end === undefined || address === undefined || address === null) return null
  const link = placeLinks(address.place).one(address.id)
  return (
    <Button
      size="xs"
      variant="default"
      renderRoot={(props) => <Link {...props} {...(link as object)} search={{ tab: 'settings' } as never} />}
    >
      {label}: {end.name}
    </Button>
  )
}

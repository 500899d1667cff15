import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { confirm } from './confirm.tsx'

interface RemoveButtonProps {
  /** The whole deed, for those who do not see where the button stands, and of the question: "Remove the pool etl". */
  readonly title: string
  /** What is lost, and whether it can be taken back. */
  readonly text: string
  /** The verb. Default "Remove". */
  readonly action?: string
  readonly onRemove: () => Promise<unknown>
}

/** Removes a thing of a list, after asking. */
export function RemoveButton({ title, text, action = 'Remove', onRemove }: RemoveButtonProps) {
  const removing = useMutation({ mutationFn: onRemove })
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      color="red"
      aria-label={title}
      loading={removing.isPending}
      onClick={() => {
        void confirm({ title: `${title}?`, text, action }).then((agreed) => agreed && removing.mutate())
      }}
    >
      {action}
    </Button>
  )
}

import { Text } from '@mantine/core'
import { modals } from '@mantine/modals'

interface ConfirmOptions {
  /** The question: "Remove the project?" */
  readonly title: string
  /** What will happen, and whether it can be taken back. */
  readonly text: string
  /** The verb of the button: "Remove". */
  readonly action: string
  /** Whether something is lost. Default true. */
  readonly isDangerous?: boolean
}

/** Asks before something that cannot be taken back; true when the person agrees. */
export function confirm({ title, text, action, isDangerous = true }: ConfirmOptions): Promise<boolean> {
  return new Promise((resolve) => {
    modals.openConfirmModal({
      title,
      children: <Text size="sm">{text}</Text>,
      labels: { confirm: action, cancel: 'Cancel' },
      confirmProps: isDangerous ? { color: 'red' } : {},
      closeButtonProps: { 'aria-label': 'Close' },
      onConfirm: () => resolve(true),
      onCancel: () => resolve(false),
      onClose: () => resolve(false),
    })
  })
}

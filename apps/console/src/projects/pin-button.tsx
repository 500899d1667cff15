import { ActionIcon, Tooltip } from '@mantine/core'
import { IconPin, IconPinnedFilled } from '@tabler/icons-react'
import { usePins } from './use-pins.ts'

interface PinButtonProps {
  /** `namespace/slug`. */
  readonly path: string
  readonly size?: 'sm' | 'lg'
}

/** Puts a project on the person's first page, or takes it from there. */
export function PinButton({ path, size = 'lg' }: PinButtonProps) {
  const { isKnown, isPinned, setPinned } = usePins()
  const isOn = isPinned(path)
  const label = isOn ? `Unpin ${path}` : `Pin ${path} to the first page`
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={size === 'lg' ? 'default' : 'subtle'}
        color={isOn ? 'cyan' : 'gray'}
        size={size}
        disabled={!isKnown}
        aria-label={label}
        aria-pressed={isOn}
        onClick={() => setPinned(path, !isOn)}
      >
        {isOn ? <IconPinnedFilled size={16} aria-hidden /> : <IconPin size={16} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  )
}

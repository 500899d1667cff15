import { ActionIcon, Group } from '@mantine/core'
import type { ArrayFieldItemButtonsTemplateProps, ArrayFieldItemTemplateProps, IconButtonProps } from '@rjsf/utils'
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react'

export function ArrayFieldItemTemplate({ children, hasToolbar, buttonsProps }: ArrayFieldItemTemplateProps) {
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <div style={{ flex: 1, minWidth: 0 }}>{children}</div>
      {hasToolbar && <ArrayFieldItemButtons {...buttonsProps} />}
    </Group>
  )
}

export function ArrayFieldItemButtons({
  hasMoveUp,
  hasMoveDown,
  hasRemove,
  index,
  onMoveUpItem,
  onMoveDownItem,
  onRemoveItem,
  disabled,
}: ArrayFieldItemButtonsTemplateProps) {
  const item = `item ${index + 1}`
  const common = { variant: 'subtle', size: 'lg', disabled: disabled ?? false } as const
  return (
    <Group gap={0} wrap="nowrap">
      {hasMoveUp && (
        <ActionIcon {...common} aria-label={`Move ${item} up`} onClick={onMoveUpItem}>
          <IconArrowUp size={16} aria-hidden />
        </ActionIcon>
      )}
      {hasMoveDown && (
        <ActionIcon {...common} aria-label={`Move ${item} down`} onClick={onMoveDownItem}>
          <IconArrowDown size={16} aria-hidden />
        </ActionIcon>
      )}
      {hasRemove && (
        <ActionIcon {...common} color="red" aria-label={`Remove ${item}`} onClick={onRemoveItem}>
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      )}
    </Group>
  )
}

export function RemoveButton({ onClick, title, disabled }: IconButtonProps) {
  return (
    <ActionIcon
      variant="subtle"
      size="lg"
      color="red"
      aria-label={title ?? 'Remove'}
      disabled={disabled ?? false}
      {...(onClick === undefined ? {} : { onClick })}
    >
      <IconTrash size={16} aria-hidden />
    </ActionIcon>
  )
}

import { VisuallyHidden } from '@mantine/core'
import { IconChevronsDown, IconChevronsUp, IconEqualNot, IconMinus, IconPlus } from '@tabler/icons-react'
import type { Node, NodeProps } from '@xyflow/react'
import { memo } from 'react'
import { type AnyState, stateLook } from '../ui/index.ts'
import styles from './graph.module.css'
import type { GraphMark, GraphNodeState } from './types.ts'
import type { Item } from './visible-graph.ts'

export interface ItemData extends Record<string, unknown> {
  readonly item: Item
  readonly state: AnyState | undefined
  readonly items: GraphNodeState['items']
  readonly isSelected: boolean
}

export interface FrameData extends Record<string, unknown> {
  readonly title: string
  readonly size: number
}

export type ItemNode = Node<ItemData, 'item'>
export type FrameNode = Node<FrameData, 'frame'>

export const markLook: Readonly<Record<GraphMark, { label: string; color: string; icon: typeof IconPlus }>> = {
  added: { label: 'added', color: 'green', icon: IconPlus },
  removed: { label: 'removed', color: 'red', icon: IconMinus },
  changed: { label: 'changed', color: 'yellow', icon: IconEqualNot },
}

/** A node, or a closed group. What it says in words is hidden where it is too small to read. */
export const ItemBox = memo(function ItemBox({ data }: NodeProps<ItemNode>) {
  const { item, state, items, isSelected } = data
  const mark = item.node?.mark
  const look = state !== undefined ? stateLook(state) : mark === undefined ? undefined : markLook[mark]
  const Icon = look?.icon
  // What waits stands back behind what does something.
  const color =
    look === undefined
      ? undefined
      : look.color === 'gray'
        ? 'var(--mantine-color-gray-6)'
        : `var(--mantine-color-${look.color}-filled)`
  const detail = item.kind === 'group' ? `${item.members.length} nodes` : item.node?.detail
  const words = [look?.label, items === undefined ? undefined : itemsText(items), detail].filter((word) => word)
  return (
    <div
      className={styles.item}
      data-kind={item.kind}
      data-node={item.node?.id}
      data-state={state}
      data-mark={mark}
      data-selected={isSelected || undefined}
      data-mapped={item.node?.isMapped || undefined}
      style={color === undefined ? undefined : ({ '--item-color': color } as object)}
      title={[item.label, ...words].join('\n')}
    >
      {Icon !== undefined && <Icon size={item.kind === 'spacer' ? 14 : 16} className={styles.icon} aria-hidden />}
      {item.kind !== 'spacer' && (
        <div className={styles.words}>
          <div className={styles.label}>{item.label}</div>
          {words.length > 0 && <div className={styles.detail}>{words.join(' · ')}</div>}
        </div>
      )}
      {item.kind === 'group' && <IconChevronsDown size={16} aria-hidden className={styles.sign} />}
      {item.node?.isMapped && <span className={styles.sign}>×{items?.total ?? 'n'}</span>}
    </div>
  )
})

export const FrameBox = memo(function FrameBox({ data }: NodeProps<FrameNode>) {
  return (
    <div className={styles.frame}>
      <button type="button" className={styles.title} aria-expanded>
        <IconChevronsUp size={14} aria-hidden />
        <VisuallyHidden>Close the group </VisuallyHidden>
        {data.title}
        <span className={styles.size} aria-hidden>
          {data.size}
        </span>
      </button>
    </div>
  )
})

export function itemsText({ total, success, failed, skipped }: NonNullable<GraphNodeState['items']>): string {
  const over = success + failed + skipped
  return failed > 0 ? `${over}/${total}, ${failed} failed` : `${over}/${total}`
}

import { ActionIcon, Button, Checkbox, Group, Popover, Stack, Text, TextInput, Tooltip } from '@mantine/core'
import {
  IconArrowDown,
  IconArrowUp,
  IconCopy,
  IconDownload,
  IconFilter,
  IconLetterCase,
  IconRegex,
  IconTextWrap,
} from '@tabler/icons-react'
import type { ReactNode, RefObject } from 'react'
import { everything } from './log-client.ts'
import { type LogFilter, levels, sources } from './log-entry.ts'
import type { SearchStatus } from './log-messages.ts'
import type { LogQuery } from './log-search.ts'
import styles from './log-view.module.css'

interface LogToolbarProps {
  readonly searchField: RefObject<HTMLInputElement | null>
  readonly query: LogQuery
  readonly onQuery: (query: LogQuery) => void
  readonly search: SearchStatus | null
  /** Which of the matches is shown, from 0. */
  readonly matchAt: number | null
  readonly onMatch: (direction: 'next' | 'previous') => void
  readonly onLeave: () => void
  readonly filter: LogFilter
  readonly onFilter: (filter: LogFilter) => void
  readonly isWrapped: boolean
  readonly onWrapped: (isWrapped: boolean) => void
  readonly isUtc: boolean
  readonly onUtc: (isUtc: boolean) => void
  readonly onCopy: () => void
  readonly onDownload: () => void
}

export function LogToolbar(props: LogToolbarProps) {
  const { query, onQuery, search, onMatch, filter, onFilter, isWrapped, onWrapped, isUtc, onUtc } = props
  const hidden = levels.length + sources.length - filter.levels.length - filter.sources.length
  return (
    <div className={styles.bar} role="toolbar" aria-label="Log">
      <TextInput
        ref={props.searchField}
        size="xs"
        w={{ base: '100%', sm: 240 }}
        type="search"
        // Escape leaves the search; a dialog around it stays open.
        data-mantine-stop-propagation="true"
        aria-label="Search the log"
        placeholder="Search (/)"
        value={query.text}
        error={search?.problem ?? undefined}
        onChange={(event) => onQuery({ ...query, text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onMatch(event.shiftKey ? 'previous' : 'next')
          if (event.key !== 'Escape') return
          event.stopPropagation()
          props.onLeave()
        }}
      />
      <Toggle
        label="Match case"
        isOn={query.isCaseSensitive}
        onToggle={(isOn) => onQuery({ ...query, isCaseSensitive: isOn })}
      >
        <IconLetterCase size={16} aria-hidden />
      </Toggle>
      <Toggle label="Regular expression" isOn={query.isRegex} onToggle={(isOn) => onQuery({ ...query, isRegex: isOn })}>
        <IconRegex size={16} aria-hidden />
      </Toggle>
      {search !== null && (
        <Group gap={4} wrap="nowrap">
          <Text size="xs" className="numeric" role="status">
            {matchText(search, props.matchAt)}
          </Text>
          <ActionIcon size="sm" variant="subtle" aria-label="Previous match" onClick={() => onMatch('previous')}>
            <IconArrowUp size={16} aria-hidden />
          </ActionIcon>
          <ActionIcon size="sm" variant="subtle" aria-label="Next match" onClick={() => onMatch('next')}>
            <IconArrowDown size={16} aria-hidden />
          </ActionIcon>
        </Group>
      )}
      <Group gap={4} ml="auto" wrap="nowrap">
        <Popover position="bottom-end" trapFocus returnFocus withinPortal>
          <Popover.Target>
            <Button size="compact-xs" variant={hidden > 0 ? 'light' : 'subtle'} leftSection={<IconFilter size={14} />}>
              {hidden > 0 ? `Levels (${hidden} hidden)` : 'Levels'}
            </Button>
          </Popover.Target>
          <Popover.Dropdown>
            <Stack gap="sm">
              <Checkbox.Group
                label="Levels"
                size="xs"
                value={[...filter.levels]}
                onChange={(value) => onFilter({ ...filter, levels: value as LogFilter['levels'] })}
              >
                <Choices of={levels} />
              </Checkbox.Group>
              <Checkbox.Group
                label="Sources"
                size="xs"
                value={[...filter.sources]}
                onChange={(value) => onFilter({ ...filter, sources: value as LogFilter['sources'] })}
              >
                <Choices of={sources} />
              </Checkbox.Group>
              <Button size="xs" variant="default" onClick={() => onFilter(everything)}>
                Show everything
              </Button>
            </Stack>
          </Popover.Dropdown>
        </Popover>
        <Toggle label="Wrap long lines" isOn={isWrapped} onToggle={onWrapped}>
          <IconTextWrap size={16} aria-hidden />
        </Toggle>
        <Tooltip label={isUtc ? 'Times are in UTC' : 'Times are those of your time zone'}>
          <Button size="compact-xs" variant="subtle" aria-pressed={isUtc} onClick={() => onUtc(!isUtc)}>
            {isUtc ? 'UTC' : 'Local time'}
          </Button>
        </Tooltip>
        <Tooltip label="Copy the first 10,000 lines shown">
          <ActionIcon size="sm" variant="subtle" aria-label="Copy the log" onClick={props.onCopy}>
            <IconCopy size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Download">
          <ActionIcon size="sm" variant="subtle" aria-label="Download the log" onClick={props.onDownload}>
            <IconDownload size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
    </div>
  )
}

function matchText({ matches, isDone, problem }: SearchStatus, at: number | null): string {
  if (problem !== null) return ''
  if (matches === 0) return isDone ? 'no match' : 'searching…'
  const place = at === null ? '' : `${(at + 1).toLocaleString()} of `
  return `${place}${matches.toLocaleString()} ${matches === 1 ? 'line' : 'lines'}${isDone ? '' : '…'}`
}

function Choices({ of }: { readonly of: readonly string[] }) {
  return (
    <Stack gap={4} mt={4}>
      {of.map((one) => (
        <Checkbox key={one} size="xs" value={one} label={one} />
      ))}
    </Stack>
  )
}

interface ToggleProps {
  readonly label: string
  readonly isOn: boolean
  readonly onToggle: (isOn: boolean) => void
  readonly children: ReactNode
}

function Toggle({ label, isOn, onToggle, children }: ToggleProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        size="sm"
        variant={isOn ? 'filled' : 'subtle'}
        aria-label={label}
        aria-pressed={isOn}
        onClick={() => onToggle(!isOn)}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  )
}

import { Stack, Text } from '@mantine/core'
import { useCallback, useEffect, useState } from 'react'
import type { Schema } from '../../api/index.ts'
import type { PipelineState } from '../states.ts'
import { type Card, cardOf, placed, removed, type Values, withVariables } from './board.ts'
import { BoardView } from './board-view.tsx'
import { CardDrawer } from './card-drawer.tsx'
import { GraphPanel } from './graph-panel.tsx'
import { newKey } from './new-key.ts'
import { TemplatePicker } from './template-picker.tsx'
import type { Editor } from './use-editor.ts'
import type { Preview } from './use-preview.ts'
import { useUndoKeys } from './use-undo-keys.ts'

type Template = Schema<'PipelineTemplate'>

interface BoardEditorProps {
  readonly editor: Editor
  readonly preview: Preview
  readonly templates: readonly Template[]
  readonly mayWrite: boolean
  readonly hasGraph: boolean
  /** Key of the card whose form is open. */
  readonly open: string | undefined
  readonly onOpen: (key: string | undefined) => void
}

/** The transformations of a pipeline: to be added, moved, filled in. */
export function BoardEditor({ editor, preview, templates, mayWrite, hasGraph, open, onOpen }: BoardEditorProps) {
  const { edited, changeBoard, undo, redo, base } = editor
  const [adding, setAdding] = useState<PipelineState>()
  useUndoKeys(undo, redo, mayWrite && open === undefined && adding === undefined)
  const titleOfTemplate = useCallback(
    (id: string) => templates.find((one) => one.id === id)?.name ?? 'missing template',
    [templates],
  )
  const titleOf = (card: Card) => titleOfTemplate(card.templateId)
  const card = cardOf(edited.board, open)
  // An address may name what is not there any more.
  useEffect(() => {
    if (open !== undefined && card === undefined) onOpen(undefined)
  }, [open, card, onOpen])
  const add = (template: Template) => {
    if (adding === undefined) return
    const key = newKey()
    const isBeside = false
    const fresh: Card = {
      ...{ key, state: adding, templateId: template.id, order: undefined, isBeside },
      variables: firstValues(template),
    }
    changeBoard((board) => placed(board, fresh, adding, Number.MAX_SAFE_INTEGER))
    setAdding(undefined)
    onOpen(key)
  }
  return (
    <Stack gap="sm">
      <BoardView
        board={edited.board}
        titleOf={titleOf}
        only={(id) => templates.find((one) => one.id === id)?.state ?? null}
        problems={preview.problems}
        selected={open}
        onOpen={onOpen}
        onChange={mayWrite ? changeBoard : undefined}
        onAdd={setAdding}
      />
      {mayWrite && (
        <Text size="xs" c="dimmed">
          States run from left to right, cards of a state from top to bottom. Drag a card, or press space on its handle
          and move it with the arrow keys.
        </Text>
      )}
      {hasGraph && (
        <section aria-label="Compiled graph">
          <GraphPanel
            name={edited.settings.name}
            preview={preview}
            selected={open}
            onOpen={onOpen}
            titleOfTemplate={titleOfTemplate}
          />
        </section>
      )}
      {adding !== undefined && (
        <TemplatePicker state={adding} templates={templates} onPick={add} onClose={() => setAdding(undefined)} />
      )}
      {card !== undefined && (
        <CardDrawer
          key={card.key}
          card={card}
          template={templates.find((one) => one.id === card.templateId)}
          problems={preview.problems.filter((problem) => problem.card === card.key)}
          projectId={base.project_id}
          onChange={
            mayWrite
              ? (variables: Values) =>
                  changeBoard((board) => withVariables(board, card.key, variables), `variables ${card.key}`)
              : undefined
          }
          onRemove={() => {
            onOpen(undefined)
            changeBoard((board) => removed(board, card.key))
          }}
          onClose={() => onOpen(undefined)}
        />
      )}
    </Stack>
  )
}

/** A box that nobody ticked says no. */
function firstValues({ variables_schema }: Template): Values {
  const properties = Object.entries((variables_schema.properties ?? {}) as Record<string, { readonly type?: string }>)
  return Object.fromEntries(properties.filter(([, { type }]) => type === 'boolean').map(([name]) => [name, false]))
}

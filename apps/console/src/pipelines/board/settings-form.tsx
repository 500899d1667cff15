import { Stack, Textarea, TextInput } from '@mantine/core'
import { FrequencyField } from '../frequency-field.tsx'
import { SortingFields } from '../sorting-fields.tsx'
import type { PlacedProblem } from './problems.ts'
import type { Editor } from './use-editor.ts'

interface SettingsFormProps {
  readonly editor: Editor
  readonly problems: readonly PlacedProblem[]
  readonly mayWrite: boolean
}

/** What a pipeline is besides its transformations; saved together with them. */
export function SettingsForm({ editor, problems, mayWrite }: SettingsFormProps) {
  const { base, edited, changeSettings } = editor
  const { settings } = edited
  const errorOf = (field: string) => problems.find(({ setting }) => setting === field)?.message
  return (
    <Stack maw={640}>
      <TextInput
        label="Name"
        description="Letters, digits, underscore and dash."
        required
        disabled={!mayWrite}
        value={settings.name}
        error={
          /^[A-Za-z0-9_-]{1,80}$/.test(settings.name) ? errorOf('name') : 'Give a name of letters, digits, "_" and "-".'
        }
        onChange={({ currentTarget }) => changeSettings({ name: currentTarget.value }, 'name')}
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        disabled={!mayWrite}
        value={settings.description ?? ''}
        onChange={({ currentTarget: { value } }) =>
          changeSettings({ description: value === '' ? null : value }, 'description')
        }
      />
      <SortingFields
        projectId={base.project_id}
        brandId={settings.brand_id}
        typeId={settings.pipeline_type_id}
        isDisabled={!mayWrite}
        errors={{ brand: errorOf('brand_id'), type: errorOf('pipeline_type_id') }}
        onBrand={(brand_id) => changeSettings({ brand_id })}
        onType={(pipeline_type_id) => changeSettings({ pipeline_type_id })}
      />
      <FrequencyField
        value={settings.run_frequency}
        isDisabled={!mayWrite}
        error={errorOf('run_frequency')}
        onChange={(run_frequency) => changeSettings({ run_frequency }, 'run_frequency')}
      />
    </Stack>
  )
}

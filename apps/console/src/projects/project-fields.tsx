import { Checkbox, Radio, Stack, TagsInput, Textarea, TextInput } from '@mantine/core'
import type { FieldProblems } from '../ui/index.ts'
import type { ProjectFields } from './fields.ts'

interface ProjectFieldsProps {
  readonly values: Omit<ProjectFields, 'name'>
  readonly onChange: (typed: Partial<ProjectFields>) => void
  readonly problems: FieldProblems
  /** Whether visibility can be chosen, which is for owners. */
  readonly maySetVisibility: boolean
}

/** What projects are described by, besides their names. */
export function ProjectFieldInputs({ values, onChange, problems, maySetVisibility }: ProjectFieldsProps) {
  return (
    <Stack gap="md">
      <Textarea
        label="Description"
        description="One or two sentences for lists. What is longer goes into the documentation."
        autosize
        minRows={2}
        maxLength={500}
        value={values.description}
        error={problems.description}
        onChange={({ currentTarget }) => onChange({ description: currentTarget.value })}
      />
      <Radio.Group
        label="Visibility"
        value={values.visibility}
        error={problems.visibility}
        onChange={(visibility) => onChange({ visibility: visibility === 'public' ? 'public' : 'private' })}
        {...(maySetVisibility ? {} : { description: 'Owners choose it.' })}
      >
        <Stack gap="xs" mt={6}>
          <Radio
            value="private"
            disabled={!maySetVisibility}
            label="Private"
            description="Only its members see it, and members of the group that it is in. To all others it is as if it were not there."
          />
          <Radio
            value="public"
            disabled={!maySetVisibility}
            label="Public"
            description="Whoever reaches this platform sees it and what is in it, signed in or not. Only members change it."
          />
        </Stack>
      </Radio.Group>
      <TagsInput
        label="Keywords"
        description="Enter or a comma ends each."
        splitChars={[',']}
        maxTags={100}
        value={[...values.keywords]}
        error={problems.keywords}
        onChange={(keywords) => onChange({ keywords })}
      />
      <TagsInput
        label="Repositories"
        description="Addresses of git repositories that belong to it, such as https://github.com/acme/shop. Enter ends each."
        splitChars={[',', ' ']}
        maxTags={100}
        value={[...values.repositories]}
        error={problems.repositories}
        onChange={(repositories) => onChange({ repositories })}
      />
      <TextInput
        label="Folder of secrets"
        description="Where sessions find their secrets as files. Empty: /secrets."
        maxLength={500}
        value={values.secrets_mount_directory}
        error={problems.secrets_mount_directory}
        onChange={({ currentTarget }) => onChange({ secrets_mount_directory: currentTarget.value })}
      />
      <Checkbox
        label="It is a template"
        description="Offered to whoever sees it as something to start a project from."
        checked={values.is_template}
        onChange={({ currentTarget }) => onChange({ is_template: currentTarget.checked })}
      />
    </Stack>
  )
}

import {
  Accordion,
  Alert,
  Button,
  Group,
  NativeSelect,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo, useState } from 'react'
import { apiQuery } from '../../api/index.ts'
import { Failure, JsonText } from '../../ui/index.ts'
import { SchemaForm } from '../../ui/schema-form/index.ts'
import { type PipelineState, pipelineStates } from '../states.ts'
import { StructureTable, withVariable } from './structure-table.tsx'
import { configProblem, type TemplateValues } from './template-values.ts'
import { formOf, nameProblem, undeclared, unused } from './variables-schema.ts'

interface TemplateFormProps {
  readonly values: TemplateValues
  readonly onChange: (values: TemplateValues) => void
  readonly mayWrite: boolean
  readonly submitLabel: string
  readonly isSubmitting: boolean
  readonly error: Error | null
  readonly onSubmit: () => void
  readonly projectId: string
  /** Above the button: what saving does elsewhere. */
  readonly children?: ReactNode
}

/** An operator with its configuration, the variables left open in it, and the form that they become. */
export function TemplateForm({
  values,
  onChange,
  mayWrite,
  submitLabel,
  isSubmitting,
  error,
  onSubmit,
  projectId,
  children,
}: TemplateFormProps) {
  const { name, description, state, operator, config, structures, tags } = values
  const change = (changes: Partial<TemplateValues>) => onChange({ ...values, ...changes })
  const operators = useQuery({ ...apiQuery('/api/operators'), staleTime: Number.POSITIVE_INFINITY })
  const chosen = useQuery({
    ...apiQuery('/api/operators/{name}', { params: { path: { name: operator } } }),
    enabled: operator !== '',
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  const example = chosen.data?.example
  const form = useMemo(() => formOf(structures), [structures])
  const [isTried, setTried] = useState(false)
  const isFineName = /^(?=.*[A-Za-z0-9_-])[A-Za-z0-9_.-]{1,80}$/.test(name)
  const jsonProblem = configProblem(config)
  const missing = undeclared(config, structures)
  const idle = unused(config, structures)
  const isReady =
    isFineName &&
    operator !== '' &&
    jsonProblem === undefined &&
    structures.every((one) => nameProblem(one, structures) === undefined)
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (isReady && !isSubmitting) onSubmit()
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            description="Letters, digits, dot, underscore and dash. Data sets are called so."
            required
            disabled={!mayWrite}
            value={name}
            error={(isTried || name !== '') && !isFineName ? 'Use letters, digits, ".", "_" and "-".' : undefined}
            onChange={({ currentTarget }) => change({ name: currentTarget.value })}
          />
          <Textarea
            label="Description"
            description="What analysts read when they choose it."
            autosize
            disabled={!mayWrite}
            value={description}
            onChange={({ currentTarget }) => change({ description: currentTarget.value })}
          />
          <Group grow align="flex-start">
            <Select
              label="Operator"
              description="What it runs."
              required
              searchable
              allowDeselect={false}
              disabled={!mayWrite}
              data={(operators.data ?? []).map((one) => ({ value: one.name, label: `${one.title} (${one.name})` }))}
              value={operator === '' ? null : operator}
              error={isTried && operator === '' ? 'Choose what it runs.' : undefined}
              onChange={(next) => next !== null && change({ operator: next })}
            />
            <NativeSelect
              label="State"
              description="Where it may stand."
              disabled={!mayWrite}
              data={[
                { value: '', label: 'in any state' },
                ...pipelineStates.map((one) => ({ value: one, label: `only in ${one}` })),
              ]}
              value={state ?? ''}
              onChange={({ currentTarget: { value } }) =>
                change({ state: value === '' ? null : (value as PipelineState) })
              }
            />
          </Group>
          {chosen.data !== undefined && (
            <Text size="sm" c="dimmed">
              {chosen.data.description}
            </Text>
          )}
          <Textarea
            label="Configuration"
            description="Of the operator, as JSON. In texts, {{ variables.name }} stands for a variable."
            autosize
            minRows={5}
            maxRows={24}
            required
            disabled={!mayWrite}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
            value={config}
            error={jsonProblem}
            onChange={({ currentTarget }) => change({ config: currentTarget.value })}
          />
          {mayWrite && example !== undefined && config.trim() === '{}' && (
            <Group>
              <Button size="xs" variant="default" onClick={() => change({ config: JSON.stringify(example, null, 2) })}>
                Begin with an example
              </Button>
            </Group>
          )}
          <StructureTable
            structures={structures}
            isDisabled={!mayWrite}
            onChange={(next) => change({ structures: next })}
          />
          {mayWrite && missing.length > 0 && (
            <Alert color="yellow" title="Used, but not declared">
              <Text size="sm" mb={4}>
                The configuration uses {missing.join(', ')}.
              </Text>
              <Button
                size="xs"
                variant="default"
                onClick={() => change({ structures: missing.reduce(withVariable, structures) })}
              >
                Declare {missing.length === 1 ? missing[0] : 'them'}
              </Button>
            </Alert>
          )}
          {idle.length > 0 && (
            <Text size="sm" c="dimmed">
              The configuration does not use {idle.join(', ')}.
            </Text>
          )}
          <TagsInput
            label="Tags"
            description="Words that it is found by; enter after each."
            disabled={!mayWrite}
            value={[...tags]}
            maxTags={50}
            onChange={(next) => change({ tags: next })}
          />
          {children}
          {error !== null && <Failure error={error} title="This was not saved" />}
          {mayWrite && (
            <Group>
              <Button type="submit" loading={isSubmitting} disabled={isTried && !isReady}>
                {submitLabel}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
      <Stack>
        <section aria-label="Preview of the form">
          <Title order={2} mb="xs">
            What analysts fill in
          </Title>
          {structures.some((one) => one.name !== '') ? (
            <SchemaForm
              schema={form}
              idPrefix="preview"
              submitLabel="Try the form"
              context={{ projectId }}
              onSubmit={() => {}}
            />
          ) : (
            <Text size="sm" c="dimmed">
              Nothing: the template has no variables.
            </Text>
          )}
        </section>
        {chosen.data !== undefined && (
          <Accordion variant="contained">
            <Accordion.Item value="settings">
              <Accordion.Control>Settings that {chosen.data.title} takes</Accordion.Control>
              <Accordion.Panel>
                <JsonText value={chosen.data.config_schema} label={`Settings of ${chosen.data.name}`} />
              </Accordion.Panel>
            </Accordion.Item>
            {chosen.data.example !== undefined && (
              <Accordion.Item value="example">
                <Accordion.Control>An example</Accordion.Control>
                <Accordion.Panel>
                  <JsonText value={chosen.data.example} label={`Example of ${chosen.data.name}`} />
                </Accordion.Panel>
              </Accordion.Item>
            )}
          </Accordion>
        )}
      </Stack>
    </SimpleGrid>
  )
}

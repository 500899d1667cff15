import type { ThemeProps } from '@rjsf/core'
import type { RegistryWidgetsType } from '@rjsf/utils'
import { ArrayFieldItemButtons, ArrayFieldItemTemplate, RemoveButton } from './array-item.tsx'
import { BooleanWidget } from './boolean-widget.tsx'
import { JsonField } from './json-field.tsx'
import { SelectWidget } from './select-widget.tsx'
import {
  ArrayFieldTemplate,
  FieldErrorTemplate,
  FieldTemplate,
  MultiSchemaFieldTemplate,
  ObjectFieldTemplate,
  WrapIfAdditionalTemplate,
} from './templates.tsx'
import { TextWidget } from './text-widget.tsx'

const textNames = [
  'Text',
  'Textarea',
  'Password',
  'Email',
  'URL',
  'UpDown',
  'Date',
  'DateTime',
  'Time',
  'Color',
  'File',
]
const chosenNames = ['Select', 'Radio', 'Checkboxes']

const widgets: RegistryWidgetsType = {
  CheckboxWidget: BooleanWidget,
  ...Object.fromEntries(textNames.map((name) => [`${name}Widget`, TextWidget])),
  ...Object.fromEntries(chosenNames.map((name) => [`${name}Widget`, SelectWidget])),
}

/** How the form looks: every part that people see is made of Mantine. */
export const formTheme: Pick<ThemeProps, 'templates' | 'widgets' | 'fields'> = {
  fields: { JsonField },
  widgets,
  templates: {
    ArrayFieldItemButtonsTemplate: ArrayFieldItemButtons,
    ArrayFieldItemTemplate,
    ArrayFieldTemplate,
    FieldErrorTemplate,
    FieldTemplate,
    MultiSchemaFieldTemplate,
    ObjectFieldTemplate,
    WrapIfAdditionalTemplate,
    ButtonTemplates: { RemoveButton },
  },
}

export { type FieldErrors, fieldErrors } from './field-errors.ts'
export { checkValue } from './form-validator.ts'
export { isKeptSecret, keptSecret } from './kept-secret.ts'
export { SchemaForm, type SchemaFormProps } from './schema-form.tsx'

/** What fields have to know of where the form stands. */
export interface FormContext {
  /** Whose connections may be chosen. */
  readonly projectId?: string
}

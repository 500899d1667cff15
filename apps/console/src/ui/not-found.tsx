import { Button } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { EmptyState } from './empty-state.tsx'

export function NotFound() {
  useDocumentTitle('Not found · Millrace')
  return (
    <EmptyState
      isPage
      title="There is nothing here"
      action={
        <Button component={Link} to="/">
          Go to the start
        </Button>
      }
    >
      The address may be wrong, the thing may have been removed, or you may not see it. What you may not see looks as if
      it were not there.
    </EmptyState>
  )
}

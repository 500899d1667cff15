import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { ApiError } from '../api/index.ts'
import { Failure } from './failure.tsx'
import { isMissingPart, MissingPart } from './missing-part.tsx'
import { NotFound } from './not-found.tsx'

/** In place of a page that could not be made. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  if (error instanceof ApiError && error.status === 404) return <NotFound />
  if (isMissingPart(error)) return <MissingPart error={error} />
  const title = error instanceof ApiError ? undefined : 'This page broke'
  return (
    <Failure
      error={error instanceof Error ? error : new Error(String(error))}
      {...(title === undefined ? {} : { title })}
      onRetry={() => {
        reset()
        void router.invalidate()
      }}
    />
  )
}

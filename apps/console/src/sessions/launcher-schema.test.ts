import { expect, it } from 'vitest'
import { type Launcher, launcherBody, launcherForm } from './launcher-schema.ts'

const environment = {
  ...{ id: 'e1', name: 'Notebook', creation_date: '', container_image: 'image:1', default_url: '/lab', uid: 1, gid: 1 },
  ...{ port: 8888, is_archived: false, strip_path_prefix: false, environment_image_source: 'image' as const },
}
const launcher = {
  ...{ id: 'l1', project_id: 'p1', name: 'Explore', creation_date: '', env_variables: [] },
  ...{ environment: { ...environment, environment_kind: 'GLOBAL' as const }, launcher_type: 'interactive' as const },
} satisfies Launcher

it('names an environment for every project by its id, and nothing of its container', () => {
  expect(launcherForm(launcher)).toEqual({ name: 'Explore', environment_id: 'e1', env_variables: [] })
  expect(launcherBody(launcherForm(launcher)).environment).toEqual({ id: 'e1' })
})

it('keeps the container of a launcher that has its own', () => {
  const own = { ...launcher, environment: { ...environment, environment_kind: 'CUSTOM' as const } }
  expect(launcherBody(launcherForm(own)).environment).toMatchObject({
    ...{ container_image: 'image:1', port: 8888, default_url: '/lab', environment_kind: 'CUSTOM' },
  })
})

it('asks for an environment or an image, and not for both', () => {
  expect(() => launcherBody({ name: 'x' })).toThrow('Choose an environment, or give')
  expect(() => launcherBody({ name: 'x', environment_id: 'e1', container_image: 'i' })).toThrow('not both')
})

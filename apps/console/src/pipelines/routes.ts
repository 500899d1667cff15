import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from '../projects/index.ts'

export const pipelineRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/pipelines',
    component: lazyRouteComponent(() => import('./pipelines-page.tsx'), 'PipelinesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/pipelines/$pipeline',
    component: lazyRouteComponent(() => import('./pipeline-page.tsx'), 'PipelinePage'),
  }),
]

/** Parts of the page of a project. */
export const pipelineProjectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/pipelines',
    component: lazyRouteComponent(() => import('./project-pipelines-page.tsx'), 'ProjectPipelinesPage'),
  }),
]

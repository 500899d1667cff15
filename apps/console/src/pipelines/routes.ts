import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from '../projects/index.ts'
import { pageSearch } from '../ui/index.ts'
import { datasetSearch } from './datasets/filters.ts'
import { pipelineSearch, pipelinesSearch } from './search.ts'

export const pipelineRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/pipelines',
    validateSearch: pipelinesSearch,
    component: lazyRouteComponent(() => import('./pipelines-page.tsx'), 'PipelinesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/pipelines/$pipeline',
    validateSearch: pipelineSearch,
    component: lazyRouteComponent(() => import('./pipeline-page.tsx'), 'PipelinePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/pipelines/$pipeline/datasets/$dataset',
    validateSearch: datasetSearch,
    component: lazyRouteComponent(() => import('./datasets/dataset-page.tsx'), 'DatasetPage'),
  }),
]

const partsRoute = createRoute({
  getParentRoute: () => projectRoute,
  path: '/pipelines',
  component: lazyRouteComponent(() => import('./project-parts.tsx'), 'ProjectPipelineParts'),
})

/** Parts of the page of a project. */
export const pipelineProjectParts = [
  partsRoute.addChildren([
    createRoute({
      getParentRoute: () => partsRoute,
      path: '/',
      validateSearch: pipelinesSearch,
      component: lazyRouteComponent(() => import('./project-pipelines-page.tsx'), 'ProjectPipelinesPage'),
    }),
    createRoute({
      getParentRoute: () => partsRoute,
      path: '/new',
      component: lazyRouteComponent(() => import('./new-pipeline-page.tsx'), 'NewPipelinePage'),
    }),
    createRoute({
      getParentRoute: () => partsRoute,
      path: '/templates',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./templates/templates-page.tsx'), 'TemplatesPage'),
    }),
    createRoute({
      getParentRoute: () => partsRoute,
      path: '/templates/new',
      component: lazyRouteComponent(() => import('./templates/new-template-page.tsx'), 'NewTemplatePage'),
    }),
    createRoute({
      getParentRoute: () => partsRoute,
      path: '/templates/$template',
      component: lazyRouteComponent(() => import('./templates/template-page.tsx'), 'TemplatePage'),
    }),
    createRoute({
      getParentRoute: () => partsRoute,
      path: '/catalogue',
      component: lazyRouteComponent(() => import('./catalogue/catalogue-page.tsx'), 'CataloguePage'),
    }),
    createRoute({
      getParentRoute: () => partsRoute,
      path: '/code',
      component: lazyRouteComponent(() => import('./code/code-page.tsx'), 'CodePage'),
    }),
  ]),
]

import { ConfigError } from '@millrace/core'
import type { WorkflowManifest } from '../../manifest.ts'

/**
 * A Dockerfile for the folder of the package, which serves its notebooks by JupyterLab on port 8888.
 *
 * @throws ConfigError `NOTEBOOK_CATEGORIES` for workflows of more than one category
 */
export function notebookDockerfile(manifests: readonly WorkflowManifest[], notebooks: string): string {
  const categories = [...new Set(manifests.map(({ category }) => category))].sort()
  if (categories.length !== 1) {
    throw new ConfigError('NOTEBOOK_CATEGORIES', {
      message: `An image of notebooks holds the workflows of one category; these have ${categories.length}: ${categories.join(', ') || 'none'}. Put each category into a package of its own.`,
      details: { categories },
    })
  }
  return `# Notebooks of the workflows of ${categories[0]}.
FROM node:24-bookworm-slim
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends python3-venv \\
 && rm -rf /var/lib/apt/lists/* \\
 && python3 -m venv /opt/jupyter \\
 && /opt/jupyter/bin/pip install --no-cache-dir jupyterlab==4.5.0 \\
 && npm install --global deno@2.9.6
WORKDIR /workflow
COPY package.json package-lock.json* ./
RUN npm install --omit=dev --no-audit --no-fund
COPY . .
RUN useradd --create-home notebook && chown -R notebook /workflow
USER notebook
RUN deno jupyter --install
EXPOSE 8888
CMD ["/opt/jupyter/bin/jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--notebook-dir=/workflow/${notebooks}"]
`
}

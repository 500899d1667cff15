import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), compressed()],
  resolve: { conditions: ['@millrace/source', 'module', 'browser', 'development|production'] },
  // The server puts another value in its place at each answer.
  html: { cspNonce: 'NONCE' },
  build: {
    outDir: process.env.CONSOLE_OUT ?? 'dist/site',
    emptyOutDir: true,
    target: 'es2023',
    // Browsers that know light-dark(): what stands in for it elsewhere does not see the color scheme that Mantine sets.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    // An inlined worker or picture would need more than what the content security policy of the server allows.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    // Names what the first page loads, for the test that weighs it.
    manifest: true,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': process.env.MILLRACE_URL ?? 'http://127.0.0.1:7474' } },
})

/** Writes every file of text compressed as well, so that the server need not do it at each answer. */
function compressed(): Plugin {
  let folder = ''
  return {
    name: 'compressed',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir)
      if (config.build.outDir.startsWith('/')) folder = config.build.outDir
    },
    async writeBundle() {
      for (const name of await readdir(folder, { recursive: true })) {
        if (!/^assets.*\.(js|css|svg|wasm|json)$/.test(name)) continue
        const bytes = await readFile(join(folder, name))
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
        await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(bytes, { params }))
        await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(bytes))
      }
    },
  }
}

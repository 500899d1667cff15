/** What a program needs to run at all, and what the environment of tasks is documented to hold. */
const passedOn = new Set([
  'PATH',
  'HOME',
  'LANG',
  'LANGUAGE',
  'TZ',
  'USER',
  'LOGNAME',
  'SHELL',
  // Windows.
  'SystemRoot',
  'SYSTEMROOT',
  'COMSPEC',
  'PATHEXT',
  // The variables of the guide. The bus's name and password stay with the worker, which is the one that publishes.
  'LOGURU_LEVEL',
  'MESH_CONFIG',
  'RETRY_CONFIG',
  'DKIST_SERVICE_VERSION',
  'NOMAD_ALLOC_ID',
  'NOMAD_ALLOC_NAME',
  'NOMAD_GROUP_NAME',
  'SYSTEM_METRIC_INSTRUMENTATION_CONFIG',
  'BUILD_VERSION',
  'MAX_FILE_DESCRIPTORS',
  // Without them nothing outside can be reached where they are set.
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  // Where connectors keep what they remember, and where connectors of one's own are.
  'MILLRACE_HOME',
  'MILLRACE_CONNECTORS',
  'MILLRACE_DEBUG',
  // Which datasets are meant.
  'ENVIRONMENT',
  'MILLRACE_ENVIRONMENT',
  'MILLRACE_BRANCH_NAME',
  'MILLRACE_BUCKET_PREFIX',
])

const passedOnPrefixes = ['OTEL_', 'LC_']

/**
 * Environment of the process of a task: nothing that belongs to the worker, such as its token and its connections, unless
 * it is named.
 */
export function taskEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  named: readonly string[],
): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) continue
    if (passedOn.has(name) || named.includes(name) || passedOnPrefixes.some((start) => name.startsWith(start))) {
      result[name] = value
    }
  }
  return result
}

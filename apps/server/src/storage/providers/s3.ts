import type { StorageOption, StorageProvider } from '../provider.ts'
import { s3Regions } from './s3-regions.ts'
import { s3Services } from './s3-services.ts'

const encryption = 'AWS,Ceph,ChinaMobile,Minio'

const credentials: readonly StorageOption[] = [
  {
    name: 'env_auth',
    help: 'Take credentials from the environment in which the storage is mounted, when no keys are given.',
    type: 'bool',
    default: false,
    examples: [
      { value: 'false', help: 'Credentials are given, or none are needed' },
      { value: 'true', help: 'Credentials are in the environment' },
    ],
  },
  { name: 'access_key_id', help: 'Id of the access key. Leave it empty for public buckets.', sensitive: true },
  { name: 'secret_access_key', help: 'Secret of the access key. Leave it empty for public buckets.', sensitive: true },
  { name: 'session_token', help: 'Token of temporary credentials.', sensitive: true, advanced: true },
  { name: 'role_arn', help: 'Role to take on.', advanced: true },
  { name: 'role_session_name', help: 'Name of the session in the role.', advanced: true },
  { name: 'role_session_duration', help: 'How long the session in the role is good.', advanced: true },
  { name: 'role_external_id', help: 'External id for the role.', sensitive: true, advanced: true },
  { name: 'ibm_api_key', help: 'API key of IBM.', sensitive: true, provider: 'IBMCOS' },
  { name: 'ibm_resource_instance_id', help: 'Id of the instance of the service.', provider: 'IBMCOS' },
  { name: 'ibm_iam_endpoint', help: 'Where IBM gives tokens.', provider: 'IBMCOS', advanced: true },
]

const place: readonly StorageOption[] = [
  { name: 'region', help: 'Region of the bucket.', provider: 'AWS', examples: s3Regions },
  {
    name: 'region',
    help: 'Region of the bucket. Leave it empty if the service has none.',
    provider: '!AWS,Switch',
  },
  { name: 'endpoint', help: 'Address of the service. Default: that of the region.', provider: '!Other,Switch' },
  {
    name: 'endpoint',
    help: 'Address of the service, such as https://s3.example.com.',
    required: true,
    provider: 'Other',
  },
  {
    name: 'endpoint',
    help: 'Address of the service.',
    required: true,
    exclusive: true,
    provider: 'Switch',
    examples: [
      { value: 'https://s3-zh.os.switch.ch', help: 'Zurich' },
      { value: 'https://os.zhdk.cloud.switch.ch', help: 'Zurich, the former service' },
      { value: 'https://s3-ls.os.switch.ch', help: 'Lausanne' },
      { value: 'https://os.unil.cloud.switch.ch', help: 'Lausanne, the former service' },
    ],
  },
  { name: 'location_constraint', help: 'Where new buckets are made; the same as the region as a rule.' },
  {
    name: 'force_path_style',
    help: 'Whether the bucket stands in the path.',
    type: 'bool',
    default: true,
    advanced: true,
  },
  { name: 'use_dual_stack', help: 'Also connect by IPv6.', type: 'bool', default: false, advanced: true },
  {
    name: 'use_accelerate_endpoint',
    help: 'Use the accelerated address.',
    type: 'bool',
    default: false,
    provider: 'AWS',
    advanced: true,
  },
  {
    name: 'requester_pays',
    help: 'Pay for requests oneself.',
    type: 'bool',
    default: false,
    provider: 'AWS',
    advanced: true,
  },
  { name: 'v2_auth', help: 'Sign by the former procedure.', type: 'bool', default: false, advanced: true },
  { name: 'download_url', help: 'Address for downloads, such as of a content network.', advanced: true },
]

const objects: readonly StorageOption[] = [
  {
    name: 'acl',
    help: 'Who may read new objects.',
    examples: [
      { value: 'private', help: 'The owner' },
      { value: 'public-read', help: 'Everybody' },
      { value: 'authenticated-read', help: 'Everybody who signed in' },
      { value: 'bucket-owner-read', help: 'Also the owner of the bucket' },
      { value: 'bucket-owner-full-control', help: 'The owner of the bucket may do everything' },
    ],
  },
  {
    name: 'server_side_encryption',
    help: 'How the service encrypts objects.',
    provider: encryption,
    examples: [
      { value: '', help: 'Not' },
      { value: 'AES256', help: 'By a key of the service' },
      { value: 'aws:kms', help: 'By a key of the key management', provider: 'AWS,Ceph,Minio' },
    ],
  },
  { name: 'sse_kms_key_id', help: 'The key of the key management.', sensitive: true, provider: 'AWS,Ceph,Minio' },
  { name: 'sse_customer_algorithm', help: 'Algorithm for an own key.', provider: encryption, advanced: true },
  { name: 'sse_customer_key', help: 'Own key.', sensitive: true, provider: encryption, advanced: true },
  {
    name: 'sse_customer_key_base64',
    help: 'Own key in Base64.',
    sensitive: true,
    provider: encryption,
    advanced: true,
  },
  { name: 'sse_customer_key_md5', help: 'MD5 of the own key.', sensitive: true, provider: encryption, advanced: true },
  { name: 'storage_class', help: 'Storage class of new objects. Default: that of the service.' },
  { name: 'list_chunk', help: 'Objects that one page of a listing holds.', type: 'int', default: 1000, advanced: true },
  {
    name: 'list_version',
    help: 'Version of the listing; 0 is the one that fits.',
    type: 'int',
    default: 0,
    advanced: true,
  },
  { name: 'list_url_encode', help: 'Whether names in listings are encoded.', type: 'Tristate', advanced: true },
  {
    name: 'no_check_bucket',
    help: 'Neither look whether the bucket exists nor make it.',
    type: 'bool',
    default: false,
    advanced: true,
  },
  { name: 'no_head', help: 'Do not look at objects after uploads.', type: 'bool', default: false, advanced: true },
  {
    name: 'directory_markers',
    help: 'Keep empty folders by an empty object of their name.',
    type: 'bool',
    default: false,
    advanced: true,
  },
  { name: 'versions', help: 'Also show former versions.', type: 'bool', default: false, advanced: true },
  { name: 'decompress', help: 'Unpack objects that are stored packed.', type: 'bool', default: false, advanced: true },
]

export const s3: StorageProvider = {
  name: 's3',
  description: 'Amazon S3 and services that speak as it does',
  blocked: ['shared_credentials_file', 'profile'],
  options: [
    { name: 'provider', help: 'Which service it is.', exclusive: true, examples: s3Services },
    ...credentials,
    ...place,
    ...objects,
  ],
}

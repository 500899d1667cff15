import { defineSettings } from '../settings.ts'

/** Where events go, how long the audit log is kept, where users come from, and which addresses may be reached. */
export const eventSettings = defineSettings({
  eventsRedisUrl: {
    env: 'MILLRACE_EVENTS_REDIS_URL',
    type: 'string',
    default: null,
    secret: true,
    description:
      'Redis that the server tells changes of users, groups and projects to, as a stream: `redis://user:password@host:6379/0`, or `rediss:` for TLS.',
  },
  eventsRedisStream: {
    env: 'MILLRACE_EVENTS_REDIS_STREAM',
    type: 'string',
    default: 'data_service.all_events',
    description: 'Key of the stream of events in Redis.',
  },
  eventsAmqpUrl: {
    env: 'MILLRACE_EVENTS_AMQP_URL',
    type: 'string',
    default: null,
    secret: true,
    description:
      'RabbitMQ that the server tells the same events to: `amqp://user:password@host:5672`, or `amqps:` for TLS.',
  },
  eventsAmqpExchange: {
    env: 'MILLRACE_EVENTS_AMQP_EXCHANGE',
    type: 'string',
    default: 'data_service.all_events',
    description:
      'Durable topic exchange for events in RabbitMQ; it is declared. The routing key is the type of the event.',
  },
  eventsSource: {
    env: 'MILLRACE_EVENTS_SOURCE',
    type: 'string',
    default: 'renku-data-services',
    description:
      'Name of this platform in the header `source` of events. The default is what receivers of Renku expect.',
  },
  auditRetentionDays: {
    env: 'MILLRACE_AUDIT_RETENTION_DAYS',
    type: 'integer',
    default: 400,
    minimum: 1,
    maximum: 36_500,
    description: 'Entries of the audit log that are older are removed by the server.',
  },
  keycloakUrl: {
    env: 'MILLRACE_KEYCLOAK_URL',
    type: 'string',
    default: null,
    description:
      'Keycloak whose users the server mirrors, by its admin API: `https://keycloak.example.com`. Without it people are known from when they first sign in.',
  },
  keycloakRealm: {
    env: 'MILLRACE_KEYCLOAK_REALM',
    type: 'string',
    default: 'Renku',
    description: 'Realm of the users to mirror.',
  },
  keycloakClientId: {
    env: 'MILLRACE_KEYCLOAK_CLIENT_ID',
    type: 'string',
    default: null,
    description:
      'Client with a service account in the realm that may view users and events: the roles `view-users` and `view-events` of `realm-management`.',
  },
  keycloakClientSecret: {
    env: 'MILLRACE_KEYCLOAK_CLIENT_SECRET',
    type: 'string',
    default: null,
    secret: true,
    description: 'Its secret.',
  },
  allowedAddresses: {
    env: 'MILLRACE_ALLOWED_ADDRESSES',
    type: 'string',
    default: null,
    description:
      'Private machines that the server may send requests to when users give their addresses, as for repositories, imports and storage: ranges and host names with commas, such as `10.1.0.0/16,git.example.com`; `*` allows all. Default: public addresses only.',
  },
})

import { defineSettings } from '../settings.ts'

/** How the server is reached, and how often. */
export const httpSettings = defineSettings({
  publicUrl: {
    env: 'MILLRACE_PUBLIC_URL',
    type: 'string',
    default: null,
    description:
      'Address at which people reach the server: `https://millrace.example.com`. Sign-in comes back to it, and on https cookies are bound to it. Needed behind a proxy.',
  },
  consoleDir: {
    env: 'MILLRACE_CONSOLE_DIR',
    type: 'string',
    default: null,
    description: 'Folder of a built console to serve in place of the one that is installed.',
  },
  trustedProxies: {
    env: 'MILLRACE_TRUSTED_PROXIES',
    type: 'string',
    default: '',
    description:
      'Addresses or networks of proxies in front of the server, with commas: `10.0.0.0/8, 127.0.0.1`. Only theirs `X-Forwarded-For` is believed, for limits by address.',
  },
  corsOrigins: {
    env: 'MILLRACE_CORS_ORIGINS',
    type: 'string',
    default: '',
    description:
      'Origins of other web pages that may call the API with a token, with commas: `https://tools.example.com`. Cookies are never sent along.',
  },
  requestTimeoutSeconds: {
    env: 'MILLRACE_REQUEST_TIMEOUT_SECONDS',
    type: 'integer',
    default: 60,
    minimum: 1,
    maximum: 3600,
    description: 'How long the server works on one request before it answers 504. Streams may go on.',
  },
  ratePerSecond: {
    env: 'MILLRACE_RATE_PER_SECOND',
    type: 'integer',
    default: 100,
    minimum: 0,
    maximum: 1_000_000,
    description:
      'Requests of one signed-in user to one server process, in the long run; 0: no limit for anybody. Workers have none.',
  },
  rateBurst: {
    env: 'MILLRACE_RATE_BURST',
    type: 'integer',
    default: 200,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Requests of one signed-in user that may come at once.',
  },
  anonymousRatePerSecond: {
    env: 'MILLRACE_ANONYMOUS_RATE_PER_SECOND',
    type: 'integer',
    default: 20,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Requests without a good token from one address, in the long run.',
  },
  anonymousRateBurst: {
    env: 'MILLRACE_ANONYMOUS_RATE_BURST',
    type: 'integer',
    default: 100,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Requests without a good token from one address that may come at once.',
  },
  signInRatePerMinute: {
    env: 'MILLRACE_SIGN_IN_RATE_PER_MINUTE',
    type: 'integer',
    default: 30,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Attempts to sign in, or to exchange a refresh token, from one address.',
  },
  metricsToken: {
    env: 'MILLRACE_METRICS_TOKEN',
    type: 'string',
    default: null,
    secret: true,
    description: 'A token that is good for `/metrics` only. Without it, metrics are for administrators.',
  },
})

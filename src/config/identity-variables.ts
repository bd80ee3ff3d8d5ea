import { optional, requiredSecret, setting, type Variable } from './variable.ts'

/** Who may call, and what proves it. */
export const IDENTITY_VARIABLES = {
  OIDC_CERTS_URL: setting(
    'https://www.googleapis.com/oauth2/v1/certs',
    'Certificates for tokens on task endpoints; https unless on loopback.',
  ),
  OIDC_EXTRA_ISSUERS: optional("Issuers accepted beside Google's own, separated by commas."),
  OPERATOR_EMAILS: optional(
    'Google accounts that may operate, separated by commas; unset: nobody.',
  ),
  OPERATOR_AUDIENCE: optional(
    "Audience of operators' tokens, e.g. an OAuth client id. Unset refuses every operator.",
  ),
  FIREBASE_PROJECT: optional('Firebase project of the users; required without SYNC_DEV_IDENTITY.'),
  FIREBASE_CERTS_URL: setting(
    'https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com',
    'Certificates for user tokens; https unless on loopback.',
  ),
  FIREBASE_EXTRA_ISSUERS: optional("Issuers accepted beside the project's, separated by commas."),
  CERTS_TIMEOUT_MS: setting('5000', 'Milliseconds for one fetch of certificates.'),
  SYNC_DEV_IDENTITY: setting(
    'false',
    "Take callers' word for who they are. Refused unless everything is on loopback.",
  ),
  SYNC_ID_SECRET: requiredSecret(
    'Key of all ids, 32 characters or more. Never changes: a new one forgets all landed work.',
  ),
} as const satisfies Record<string, Variable>

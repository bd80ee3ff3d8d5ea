/** The least a deployment must set; every test states what it changes. */
export const VALID_SOURCE: Readonly<Record<string, string>> = {
  REDIS_URL: 'redis://:hunter2hunter2@10.0.0.3:6379/0',
  GCS_STAGING_BUCKET: 'sync-staging',
  GCS_DATA_BUCKET: 'sync-durable',
  FIREBASE_PROJECT: 'omi-users',
  SYNC_ID_SECRET: 'id-secret-id-secret-id-secret-id-secret',
  DEEPGRAM_API_KEY: 'deepgram-key-deepgram-key',
}

export const QUEUE_SOURCE: Readonly<Record<string, string>> = {
  SYNC_DISPATCH_MODE: 'cloud_tasks',
  SYNC_TASKS_PROJECT: 'omi-prod',
  SYNC_TASKS_LOCATION: 'us-central1',
  SYNC_TASKS_QUEUE: 'sync-jobs',
  SYNC_TASKS_HANDLER_URL: 'https://sync-abc.a.run.app/v2/sync-jobs/run',
  SYNC_TASKS_OIDC_AUDIENCE: 'https://sync-abc.a.run.app',
  SYNC_TASKS_INVOKER_SA: 'invoker@omi-prod.iam.gserviceaccount.com',
}

export const DEV_SOURCE: Readonly<Record<string, string>> = {
  SYNC_DEV_IDENTITY: 'true',
  HOST: '127.0.0.1',
  REDIS_URL: 'redis://127.0.0.1:6379',
  GCS_API_ENDPOINT: 'http://localhost:4443',
}

/** A whole configuration, of places that nobody is at but Redis. */
export function nowhere(redisUrl: string): Record<string, string> {
  const loopback = 'http://127.0.0.1:9'
  return {
    METADATA_SERVER_DETECTION: 'none',
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: redisUrl,
    SYNC_DISPATCH_MODE: 'cloud_tasks',
    SYNC_PUBLIC_URL: loopback,
    SYNC_TASKS_PROJECT: 'nowhere',
    SYNC_TASKS_LOCATION: 'nowhere',
    SYNC_TASKS_QUEUE: 'nowhere',
    SYNC_TASKS_HANDLER_URL: `${loopback}/v2/sync-jobs/run`,
    SYNC_TASKS_OIDC_AUDIENCE: loopback,
    SYNC_TASKS_INVOKER_SA: 'nobody@nowhere.iam.gserviceaccount.com',
    SYNC_TASKS_API_HOST: '127.0.0.1',
    SYNC_TASKS_API_PORT: '9',
    SYNC_TASKS_API_PLAINTEXT: 'true',
    GCS_STAGING_BUCKET: 'nowhere-staging',
    GCS_DATA_BUCKET: 'nowhere-data',
    GCS_PROJECT: 'nowhere',
    GCS_API_ENDPOINT: loopback,
    SYNC_DEV_IDENTITY: 'true',
    SYNC_ID_SECRET: 'a secret of a process that never answers',
    STT_PROVIDER: 'spans',
  }
}

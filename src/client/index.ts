/** What the phone's app does over HTTP, for the commands, the demo and the tests. */
export {
  type ApiClient,
  type Conversation,
  createApiClient,
  type JobStatus,
  type UploadFile,
} from './api-client.ts'

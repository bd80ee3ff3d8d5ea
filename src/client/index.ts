/** What the phone's app does over HTTP, for the commands, the demo and the tests. */
export {
  type ApiClient,
  type Conversation,
  createApiClient,
  type UploadFile,
} from './api-client.ts'
export { describeSegment, describeWait } from './describe-progress.ts'
export type { JobStatus } from './job-news.ts'

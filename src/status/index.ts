/** Status: what users read of their jobs and conversations. Reads are pure (I9). */
export {
  type ConversationPage,
  decodeCursor,
  getConversation,
  listConversations,
} from './conversations.ts'
export { type FindStatusDeps, findLive, findStatus } from './find-status.ts'
export { projectNews } from './project-news.ts'
export { projectResult, projectStatus, wholeSeconds } from './project-status.ts'
export { type StatusDeps, watchJob } from './watch-job.ts'
export { watchStatus } from './watch-status.ts'

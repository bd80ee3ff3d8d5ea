import { json, Router } from 'express'
import * as z from 'zod'
import { conversationIdSchema, inParallel, type UidHash } from '../kernel/index.ts'
import { decodeCursor, getConversation, listConversations } from '../status/index.ts'
import { invalid, parse, reasonSchema, recordOf } from './admin-requests.ts'
import type { AdminRouteDeps } from './admin-routes.ts'
import { authenticateOperator } from './authenticate.ts'
import type { ConversationRouteDeps } from './conversation-routes.ts'

export interface AdminConversationDeps
  extends Pick<ConversationRouteDeps, 'conversations' | 'archive' | 'enriches' | 'fillerLimits'>,
    Pick<AdminRouteDeps, 'operators' | 'operating' | 'events'> {}

const bodySchema = reasonSchema.extend({
  cursor: z.string().max(256).optional(),
  limit: z.number().int().min(1).max(20).default(10),
})
const PARALLEL_READS = 4

/**
 * What the user of a job said, read by an operator: with a reason, on the record (`operator_acted`),
 * and no more of it than the user sees: what is locked has no text.
 */
export function adminConversationRoutes(deps: AdminConversationDeps): Router {
  const router = Router()
  router.post('/v2/admin/jobs/:jobId/conversations', json({ limit: '16kb' }), async (req, res) => {
    const operator = await authenticateOperator(deps, req)
    const { reason, cursor, limit } = parse(bodySchema, req.body, 'body')
    const before = cursor === undefined ? undefined : decodeCursor(cursor)
    if (cursor !== undefined && !before) throw invalid('cursor is none of ours')
    const { jobId, uidHash } = await recordOf(deps, req.params.jobId)
    deps.events.operatorActed({ jobId, action: 'read_conversations', reason, operator })
    const page = await listConversations(deps, uidHash, { cursor: before, limit })
    res.set('Cache-Control', 'no-store').json({
      ...page,
      conversations: await inParallel(page.conversations, PARALLEL_READS, async (outline) => ({
        ...outline,
        segments: await textsOf(deps, uidHash, outline.id),
      })),
    })
  })
  return router
}

/** Without its words: an operator reads, and plays nothing along. */
async function textsOf(deps: AdminConversationDeps, uidHash: UidHash, id: string) {
  const found = await getConversation(deps, uidHash, conversationIdSchema.parse(id))
  return (found?.segments ?? []).map(({ words: _, ...segment }) => segment)
}

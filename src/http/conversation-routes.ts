import { Router } from 'express'
import * as z from 'zod'
import { type DeletionDeps, deleteConversation } from '../deletion/index.ts'
import type { Archive } from '../durable/index.ts'
import { conversationIdSchema, type FillerLimits, type Naming } from '../kernel/index.ts'
import type { ConversationStore, UserVerifier } from '../ports/index.ts'
import { decodeCursor, getConversation, listConversations } from '../status/index.ts'
import type { Events } from '../telemetry/index.ts'
import { authenticate } from './authenticate.ts'
import { HttpError } from './errors.ts'

export interface ConversationRouteDeps {
  readonly users: UserVerifier
  readonly naming: Naming
  readonly events: Events
  readonly conversations: ConversationStore
  readonly archive: Pick<Archive, 'readEnrichment'>
  /** Whether summaries are made at all. */
  readonly enriches: boolean
  readonly fillerLimits: FillerLimits
  readonly deletion: DeletionDeps
}

const pageSchema = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(256).optional(),
})

export function conversationRoutes(deps: ConversationRouteDeps): Router {
  const router = Router()
  router.get('/v2/conversations', async (req, res) => {
    const uidHash = deps.naming.uidHash(await authenticate(deps, req))
    const page = pageSchema.safeParse(req.query)
    if (!page.success) throw invalid('limit is a whole number from 1 to 100')
    const cursor = page.data.cursor === undefined ? undefined : decodeCursor(page.data.cursor)
    if (page.data.cursor !== undefined && !cursor) throw invalid('cursor is none of ours')
    const { limit } = page.data
    res.json(await listConversations(deps, uidHash, { cursor, limit }))
  })
  router.get('/v2/conversations/:id', async (req, res) => {
    const uidHash = deps.naming.uidHash(await authenticate(deps, req))
    const id = conversationIdSchema.safeParse(req.params.id)
    const found = id.success && (await getConversation(deps, uidHash, id.data))
    if (!found) throw notFound()
    res.json(found)
  })
  router.delete('/v2/conversations/:id', async (req, res) => {
    const uidHash = deps.naming.uidHash(await authenticate(deps, req))
    const id = conversationIdSchema.safeParse(req.params.id)
    const known = id.success && (await deleteConversation(deps.deletion, uidHash, id.data))
    if (known !== 'deleted') throw notFound()
    res.status(204).end()
  })
  return router
}

function notFound(): HttpError {
  return new HttpError('no such conversation', { status: 404, code: 'conversation_not_found' })
}

function invalid(detail: string): HttpError {
  return new HttpError(detail, { status: 400, code: 'invalid_request' })
}

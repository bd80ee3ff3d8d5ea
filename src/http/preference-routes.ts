import { json, Router } from 'express'
import type { Naming } from '../kernel/index.ts'
import type { UserVerifier } from '../ports/index.ts'
import { type PreferenceStore, projectPreferences, readWish } from '../preferences/index.ts'
import type { Events } from '../telemetry/index.ts'
import { authenticate } from './authenticate.ts'
import { HttpError } from './errors.ts'

export interface PreferenceRouteDeps {
  readonly users: UserVerifier
  readonly naming: Naming
  readonly events: Events
  readonly preferences: PreferenceStore
  /** For users who chose none; detected when absent. */
  readonly serviceLanguage: string | undefined
}

const PATH = '/v2/preferences'

/** What a user says about their speech; a change holds from the next attempt of any job on. */
export function preferenceRoutes(deps: PreferenceRouteDeps): Router {
  const router = Router()
  router.get(PATH, async (req, res) => {
    const uidHash = deps.naming.uidHash(await authenticate(deps, req))
    const preferences = await deps.preferences.read(uidHash)
    res.set('Cache-Control', 'no-store').json(projectPreferences(preferences, deps.serviceLanguage))
  })
  router.put(PATH, json({ limit: '64kb' }), async (req, res) => {
    const uidHash = deps.naming.uidHash(await authenticate(deps, req))
    const wish = readWish(req.body)
    if ('code' in wish) throw new HttpError(wish.detail, { status: 400, code: wish.code })
    await deps.preferences.write(uidHash, wish)
    res.set('Cache-Control', 'no-store').json(projectPreferences(wish, deps.serviceLanguage))
  })
  return router
}

import { ZodError, z } from 'zod'
import { type Answer, ApiError, invalid, jsonAnswer } from './answer.ts'
import { type CallCounts, type GcsFaults, noCalls, parseFaultRules } from './faults.ts'
import { type GcsRequest, readJson } from './request.ts'

/**
 * The routes the real service has not, for chaos commands in other processes. `/__faults`: GET the
 * rules, POST one or an array of them, DELETE all. `/__stats`: GET the counts of calls, DELETE to
 * start again at 0. Undefined for any other path.
 */
export async function answerControl(
  { faults, calls }: { faults: GcsFaults; calls: CallCounts },
  request: GcsRequest,
): Promise<Answer | undefined> {
  const { method, path } = request
  if (path === '/__faults' && method === 'GET') return jsonAnswer(faults.list())
  if (path === '/__faults' && method === 'POST') {
    for (const rule of await readFaultRules(request)) faults.add(rule)
    return jsonAnswer(faults.list())
  }
  if (path === '/__faults' && method === 'DELETE') {
    faults.clear()
    return { status: 204 }
  }
  if (path === '/__stats' && method === 'GET') return jsonAnswer({ calls })
  if (path === '/__stats' && method === 'DELETE') {
    Object.assign(calls, noCalls())
    return { status: 204 }
  }
  if (path.startsWith('/__')) throw new ApiError(404, 'notFound', `Not Found: ${method} ${path}`)
  return undefined
}

async function readFaultRules(request: GcsRequest) {
  try {
    return parseFaultRules(await readJson(request.body))
  } catch (error) {
    if (error instanceof ZodError) throw invalid(z.prettifyError(error))
    throw error
  }
}

import { ApiError, invalid, preconditionFailed } from './answer.ts'
import type { ObjectRecord } from './records.ts'

type Live = Pick<ObjectRecord, 'generation' | 'metageneration'> | undefined

/**
 * Holds the `if…Match` parameters of a call against the live object (undefined: there is none,
 * which counts as generation 0). 412 when one does not hold; 304 for a read whose caller already
 * has that generation. Parameters are read with `prefix`: `if`, or `ifSource` for a copy.
 */
export function checkPreconditions(
  query: URLSearchParams,
  live: Live,
  options: { prefix?: 'if' | 'ifSource'; isRead?: boolean } = {},
): void {
  const { prefix = 'if', isRead = false } = options
  const generation = live?.generation ?? 0
  const metageneration = live?.metageneration
  const wanted = (name: string) => integerParameter(query, `${prefix}${name}`)
  const differs = (value: number | undefined, actual: number | undefined) =>
    value !== undefined && value !== actual
  const equals = (value: number | undefined, actual: number | undefined) =>
    value !== undefined && value === actual

  if (differs(wanted('GenerationMatch'), generation)) throw preconditionFailed()
  if (differs(wanted('MetagenerationMatch'), metageneration)) throw preconditionFailed()
  if (
    equals(wanted('GenerationNotMatch'), generation) ||
    equals(wanted('MetagenerationNotMatch'), metageneration)
  ) {
    throw isRead ? new ApiError(304, 'notModified', 'Not Modified') : preconditionFailed()
  }
}

/** A whole-number parameter; undefined when absent, 400 when it is no number. */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^\d{1,16}$/.test(text)) throw invalid(`Invalid value for ${name}: ${text}`)
  return Number(text)
}

import type { Uid } from '../kernel/index.ts'

/** Who calls. A verifier never logs or returns the token; `reason` is safe to log. */
export type UserVerdict =
  | { readonly kind: 'user'; readonly uid: Uid }
  /** No, expired, foreign or unreadable token: 401. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** Keys unreachable, nothing proven: 503. */
  | { readonly kind: 'unavailable'; readonly reason: string }

export interface UserVerifier {
  /** @param authorization the raw `Authorization` header, if any */
  verifyUser(authorization: string | undefined): Promise<UserVerdict>
}

export type CallerVerdict =
  | { readonly kind: 'invoker'; readonly email: string }
  /** 403: the token does not prove the configured invoker. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** 500: keys unreachable and none kept; told apart from a bad token (F19). */
  | { readonly kind: 'unavailable'; readonly reason: string }

export type OperatorVerdict =
  | { readonly kind: 'operator'; readonly email: string }
  /** 403: nobody on the list. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** 503: keys unreachable and none kept. */
  | { readonly kind: 'unavailable'; readonly reason: string }

export interface OperatorVerifier {
  /** Fails closed: with no audience or no list everything is rejected (I10). */
  verifyOperator(authorization: string | undefined): Promise<OperatorVerdict>
}

export interface TaskCallerVerifier {
  /** Fails closed: with no audience or account configured everything is rejected (I10). */
  verifyCaller(authorization: string | undefined): Promise<CallerVerdict>
}

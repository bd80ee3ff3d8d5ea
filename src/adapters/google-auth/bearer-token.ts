/** What an `Authorization: Bearer …` header carries, unread; undefined for none or another scheme. */
export function readBearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(.+)$/is.exec(authorization?.trim() ?? '')?.[1]
}

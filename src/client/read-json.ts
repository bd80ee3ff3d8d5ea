/** @throws Error with the service's own words */
export async function readJson(answer: Response): Promise<unknown> {
  const text = await answer.text()
  if (!answer.ok) throw new Error(`the service answered ${answer.status}: ${text}`)
  return JSON.parse(text)
}

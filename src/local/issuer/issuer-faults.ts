import * as z from 'zod'

const times = z.int().default(1)
export const issuerFaultSchema = z.discriminatedUnion('kind', [
  /** Answers this status with an empty JSON object. */
  z.object({ kind: z.literal('status'), status: z.int().min(200).max(599), times }),
  /** Takes the request and never answers. */
  z.object({ kind: z.literal('hang'), times }),
  /** A captive portal: 200, HTML. */
  z.object({ kind: z.literal('html-200'), times }),
  z.object({ kind: z.literal('delay'), ms: z.number().min(0), times }),
])

/** What the next `times` (default 1) fetches of keys meet; `times: -1` until cleared. */
type IssuerFault = z.input<typeof issuerFaultSchema>
type ArmedFault = z.output<typeof issuerFaultSchema>

export interface IssuerFaults {
  add(fault: IssuerFault): void
  clear(): void
  list(): readonly ArmedFault[]
  /** The oldest armed fault, spent once. */
  take(): ArmedFault | undefined
}

export function createIssuerFaults(): IssuerFaults {
  const armed: ArmedFault[] = []
  return {
    add: (fault) => void armed.push(issuerFaultSchema.parse(fault)),
    clear: () => void armed.splice(0),
    list: () => armed,
    take() {
      const fault = armed[0]
      if (fault !== undefined && fault.times > 0 && --fault.times === 0) armed.shift()
      return fault
    },
  }
}

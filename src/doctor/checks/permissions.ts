import { type Check, createCheck, unless } from '../finding.ts'

/** Something that says which of the permissions we need on it we have not. */
export interface Permitted {
  missingPermissions(signal: AbortSignal): Promise<readonly string[]>
}

/** The account may do what the service does. */
export function permissionsCheck(what: string, roles: string, party: Permitted): Check {
  return createCheck({
    name: `permissions on ${what}`,
    must: 'the account can be asked about',
    mend: `see that ${what} exists and that credentials are at hand (gcloud auth application-default login)`,
    inspect: (signal) => party.missingPermissions(signal),
    judge: (missing) => ({
      found: missing.length === 0 ? 'all that are needed' : `without ${missing.join(', ')}`,
      shortfalls: unless([
        missing.length === 0,
        {
          code: 'permission_missing',
          must: `the account this runs as has ${missing.join(', ')}; the service's own needs the same`,
          mend: `terraform apply, or give the service account ${roles} on ${what}`,
        },
      ]),
    }),
  })
}

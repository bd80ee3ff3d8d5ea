/** What callers may do with every queue: all they ask for, but what was denied. */
export interface Permissions {
  /** `cloudtasks.tasks.create` and the like; TestIamPermissions leaves it out from now on. */
  deny(permission: string): void
  allow(permission: string): void
  granted(asked: readonly string[]): readonly string[]
}

export function createPermissions(): Permissions {
  const denied = new Set<string>()
  return {
    deny: (permission) => void denied.add(permission),
    allow: (permission) => void denied.delete(permission),
    granted: (asked) => asked.filter((permission) => !denied.has(permission)),
  }
}

/**
 * A seam before and after every durable step. In production it does nothing; a test process may
 * park or die there. The name is stable: `object.create.manifest`, `script.claim`, `task.create`.
 */
export type Probe = (step: string, moment: 'before' | 'after') => void | Promise<void>

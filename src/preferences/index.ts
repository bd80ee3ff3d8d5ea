/**
 * Preferences: what users say about their speech, their language and their words. One durable object
 * a user; the last write wins. They shape what a provider hears, never how audio is cut: segment ids
 * stay, and what has landed is not heard again.
 */
export { createPreferences, type PreferenceStore } from './preference-store.ts'
export { projectPreferences } from './project-preferences.ts'
export { type PreferenceProblem, readWish } from './read-wish.ts'

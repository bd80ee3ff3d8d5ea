/** HTTP: routes, limits, one table from errors to answers. Thin; nothing is decided here. */
export { type Admission, createAdmission } from './admission.ts'
export { type AppDeps, createApp } from './app.ts'
export { type Door, openDoor, type RunningServer } from './server.ts'

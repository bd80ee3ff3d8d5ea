export { createHttpSubscriptions } from './http-subscriptions.ts'
export { createStaticSubscriptions } from './static-subscriptions.ts'

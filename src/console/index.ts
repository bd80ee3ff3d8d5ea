/**
 * The console: the operators' page at `/console`. Its files lie in `page/` and run in a browser; what
 * is here hands them out. TypeScript loses its types on the way, nothing else is built.
 */
export { type Console, createConsole, type SignIn } from './create-console.ts'

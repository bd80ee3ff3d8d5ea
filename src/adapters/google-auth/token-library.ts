/** Loaded at the first use: a process listens before it has to read a token. */
export { OAuth2Client } from 'google-auth-library'

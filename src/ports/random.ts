/** Unpredictable bytes, for ids and tokens. */
export type RandomBytes = (length: number) => Uint8Array

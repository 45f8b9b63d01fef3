declare module 'node-aes-cmac' {
  /** AES-CMAC (RFC 4493) of the message, 16 bytes. */
  export function aesCmac(key: Buffer, message: Buffer, options: { readonly returnAsBuffer: true }): Buffer
}

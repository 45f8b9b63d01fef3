import { z } from 'zod'

/**
 * The control protocol: one JSON object per line over a Unix socket. A request names an action and carries its arguments;
 * each gets one response with the request's id, in the order of the requests.
 */
export const PROTOCOL_VERSION = 1

export const requestSchema = z.strictObject({
  v: z.literal(PROTOCOL_VERSION),
  id: z.int(),
  action: z.string(),
  args: z.unknown().optional(),
  /** Who asks, for the audit: what the client says of itself. */
  by: z
    .string()
    .regex(/^[\w.@() -]{1,64}$/)
    .exactOptional(),
})
export type Request = z.infer<typeof requestSchema>

/**
 * Why an action was not done: not understood (`bad-request`, `version`, `unknown-action`, `invalid` arguments), `refused`
 * as things stand, or `failed` on the way.
 */
export const ERROR_CODES = ['bad-request', 'version', 'unknown-action', 'invalid', 'refused', 'failed'] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

export const responseSchema = z.discriminatedUnion('ok', [
  z.object({ id: z.int().nullable(), ok: z.literal(true), result: z.unknown() }),
  z.object({ id: z.int().nullable(), ok: z.literal(false), error: z.object({ code: z.enum(ERROR_CODES), message: z.string() }) }),
])
export type Response = z.infer<typeof responseSchema>

/** A city's meters with their keys fit in one request; more is no request of ours. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024

export const socketPath = (runtimeDirectory: string): string => `${runtimeDirectory}/control.sock`

/**
 * Cuts a stream of chunks into lines, without their line feeds. A line longer than `limit` bytes is not kept:
 * `tooLong` is called once, and what follows is ignored.
 */
export const lineReader = (limit: number, line: (text: string) => void, tooLong: () => void): ((chunk: Uint8Array) => void) => {
  let parts: Uint8Array[] = []
  let size = 0
  let over = false
  const take = (part: Uint8Array): void => {
    parts.push(part)
    size += part.length
    if (size <= limit) return
    over = true
    parts = []
    tooLong()
  }
  return (chunk) => {
    for (let from = 0; !over; ) {
      const end = chunk.indexOf(10, from)
      take(chunk.subarray(from, end < 0 ? undefined : end))
      if (end < 0 || over) return
      from = end + 1
      const text = Buffer.concat(parts).toString('utf8')
      parts = []
      size = 0
      line(text)
    }
  }
}

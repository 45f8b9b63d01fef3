/** Requests from billing: signed, once each, not for long, and only what is on the list. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Incoming } from './sinks/sink.ts'
import type { Outbox } from './store/outbox/messages.ts'
import type { Memory } from './store/store.ts'
import { METER_NAME } from './wmbus/address.ts'

export interface RequestsParts {
  readonly outbox: Pick<Outbox, 'resend'>
  readonly memory: Memory
  readonly clock: Clock
  readonly log: Log
  readonly allow: readonly RequestAction[]
  /** Asked at every request, so that a new one needs no restart; throws or gives undefined where there is none. */
  readonly secret: () => string | undefined
}

export type Performed = { readonly answer: string } | { readonly refused: string }
export interface Requests {
  /** Never throws for what a request says. Refused requests get no answer. */
  perform(incoming: Incoming): Performed
}

const MOST_BYTES = 4 * 1024
const MOST_NONCES = 1_000
/** A request must not be valid for longer: so long its nonce is remembered. */
const LONGEST_VALID_MS = 3_600_000
const MOST_DAYS = 62
const SHORTEST_SECRET = 32
const NONCES = 'request-nonce'

const span = z
  .strictObject({
    from: z.iso.date(),
    to: z.iso.date(),
    meter: z.string().regex(METER_NAME).optional(),
  })
  .refine(({ from, to }) => from <= to && Date.parse(to) - Date.parse(from) < MOST_DAYS * 86_400_000)

const requestSchema = z.strictObject({
  schema: z.literal('varmesky.request/1'),
  action: z.enum(['resend']),
  args: span,
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  expires: z.iso.datetime(),
})
export type RequestAction = z.infer<typeof requestSchema>['action']

/** JSON of one of these shapes, or null: nothing that comes over the wire may throw. */
export const readJson = <Shape extends z.ZodType>(shape: Shape, body: Uint8Array, mostBytes: number): z.infer<Shape> | null => {
  if (body.length > mostBytes) return null
  try {
    return shape.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))).data ?? null
  } catch {
    return null
  }
}

/** Hex of HMAC-SHA256 over topic, LF, response topic (empty without one), LF, body: for this gateway, this answer and these bytes. */
export const signatureOf = (
  secret: string,
  { topic, responseTopic = '', body }: Pick<Incoming, 'topic' | 'responseTopic' | 'body'>,
): string => createHmac('sha256', secret).update(`${topic}\n${responseTopic}\n`).update(body).digest('hex')

export const createRequests = (parts: RequestsParts): Requests => {
  const { clock, log, allow, outbox } = parts
  const nonces = rememberedNonces(parts.memory)

  const refusalOf = (incoming: Incoming): string | null => {
    if (incoming.body.length > MOST_BYTES) return `larger than ${MOST_BYTES} bytes`
    const secret = secretOf(parts)
    if (secret === null) return `there is no secret of at least ${SHORTEST_SECRET} characters (mqtt.requests.secretFile)`
    if (!isSigned(secret, incoming)) return 'the signature is missing or wrong'
    return incoming.responseTopic !== undefined && !isTopic(incoming.responseTopic) ? 'the response topic is none' : null
  }
  return {
    perform(incoming) {
      const refused = refusalOf(incoming)
      if (refused !== null) return { refused }
      const request = readJson(requestSchema, incoming.body, MOST_BYTES)
      if (request === null) return { refused: 'signed, but not a request' }
      const { action, args, nonce, expires } = request
      const utcMs = clock.utcMs()
      if (!allow.includes(action)) return { refused: `${action} is not on the list (mqtt.requests.allow)` }
      if (utcMs === null) return { refused: 'the time is not known' }
      const untilMs = Date.parse(expires)
      if (untilMs <= utcMs || untilMs > utcMs + LONGEST_VALID_MS) return { refused: 'expired, or valid for more than an hour' }
      const used = nonces.use(nonce, untilMs, utcMs)
      if (used !== null) return { refused: used }
      const { meter, ...days } = args
      const requeued = outbox.resend({ ...days, ...(meter !== undefined && { meter }), sinks: [incoming.sink] })
      log.info({ sink: incoming.sink, action, ...args, requeued }, 'a request was done')
      return { answer: JSON.stringify({ schema: 'varmesky.response/1', nonce, ok: true, result: { requeued } }) }
    },
  }
}

const secretOf = ({ secret, log }: RequestsParts): string | null => {
  try {
    const text = secret() ?? ''
    return text.length >= SHORTEST_SECRET ? text : null
  } catch (err) {
    log.error({ code: (err as NodeJS.ErrnoException).code }, 'the secret of requests cannot be read: check mqtt.requests.secretFile')
    return null
  }
}

const isSigned = (secret: string, incoming: Incoming): boolean => {
  const given = Buffer.from(incoming.signature ?? '', 'hex')
  const right = Buffer.from(signatureOf(secret, incoming), 'hex')
  return given.length === right.length && timingSafeEqual(given, right)
}

const isTopic = (topic: string): boolean => topic.length > 0 && topic.length <= 256 && !/[+#\0]/.test(topic) && !topic.startsWith('$')

/** Used nonces until their requests expire, on disk before anything is done. When the memory is full, nothing more is done. */
const rememberedNonces = (memory: Memory) => {
  const used = new Map([...memory.load(NONCES)].map(([nonce, until]) => [nonce, Number(until)]))
  return {
    use(nonce: string, untilMs: number, utcMs: number): string | null {
      const over = [...used].filter(([, until]) => until <= utcMs).map(([key]) => key)
      for (const key of over) used.delete(key)
      if (used.has(nonce)) return 'played again: its nonce was used before'
      if (used.size >= MOST_NONCES) return 'too many requests within an hour'
      memory.save(NONCES, new Map<string, string | null>([...over.map((key): [string, null] => [key, null]), [nonce, String(untilMs)]]))
      used.set(nonce, untilMs)
      return null
    },
  }
}

/**
 * Joins the parts of long messages, in whatever order and however often they come. Bounded: anyone can send first parts.
 * What does not become whole is given back as it is, never joined with a gap.
 */
import { joined } from '../wmbus/bytes.ts'
import type { SmsMessage } from './message.ts'
import type { Pdu } from './pdu/pdu.ts'

/** Why parts are given up: a part did not come in time, another message took their number, too many others wait. */
export type PartsLost = 'sms.parts-late' | 'sms.parts-displaced' | 'sms.parts-full'

/** What became of one or more PDUs, each by the tag it was handed over with. */
export interface Joined<Tag> {
  readonly tags: readonly Tag[]
  readonly message: SmsMessage | null
  /** Null where there is a message. */
  readonly lost: PartsLost | null
}

export interface Parts<Tag> {
  /** What this PDU completes and what it pushes out; nothing while parts are missing. `nowMs`: any clock that only goes on. */
  add(pdu: Pdu, tag: Tag, nowMs: number): readonly Joined<Tag>[]
  /** What has waited too long. */
  expire(nowMs: number): readonly Joined<Tag>[]
  waiting(): number
}

interface Group<Tag> {
  readonly since: number
  readonly tags: Tag[]
  readonly slots: (Pdu | undefined)[]
}

export interface PartsLimits {
  readonly lifetimeMs: number
  /** Messages that are not whole. */
  readonly most: number
}

/** A message is known by its sender, its reference and how many parts it has (3GPP TS 23.040 §9.2.3.24.1). */
const keyOf = ({ from, alphabet, part }: Pdu): string => JSON.stringify([from, alphabet, part?.bits, part?.reference, part?.total])

const isSame = (a: Pdu, b: Pdu): boolean => Buffer.compare(a.content, b.content) === 0

const whole = (pdus: readonly Pdu[]): SmsMessage => {
  const { from, at, alphabet } = pdus[0]!
  return { from, at, alphabet, content: joined(pdus.map(({ content }) => content)), parts: pdus.length }
}

export function joinParts<Tag>({ lifetimeMs, most }: PartsLimits): Parts<Tag> {
  const groups = new Map<string, Group<Tag>>()

  const giveUp = (key: string, lost: PartsLost): Joined<Tag> => {
    const { tags } = groups.get(key)!
    groups.delete(key)
    return { tags, message: null, lost }
  }
  /** The group this part belongs to, and what had to go for it. */
  const groupFor = (key: string, pdu: Pdu, nowMs: number): { group: Group<Tag>; gone: Joined<Tag>[] } => {
    const gone: Joined<Tag>[] = []
    const there = groups.get(key)?.slots[pdu.part!.number - 1]
    if (there !== undefined && !isSame(there, pdu)) gone.push(giveUp(key, 'sms.parts-displaced'))
    const group = groups.get(key) ?? { since: nowMs, tags: [], slots: new Array<undefined>(pdu.part!.total).fill(undefined) }
    if (!groups.has(key) && groups.size >= most) gone.push(giveUp(groups.keys().next().value!, 'sms.parts-full'))
    groups.set(key, group)
    return { group, gone }
  }
  return {
    add(pdu, tag, nowMs) {
      if (pdu.part === null) return [{ tags: [tag], message: whole([pdu]), lost: null }]
      const key = keyOf(pdu)
      const { group, gone } = groupFor(key, pdu, nowMs)
      group.tags.push(tag)
      group.slots[pdu.part.number - 1] = pdu
      const pdus = group.slots.filter((slot) => slot !== undefined)
      if (pdus.length < group.slots.length) return gone
      groups.delete(key)
      return [...gone, { tags: group.tags, message: whole(pdus), lost: null }]
    },
    expire(nowMs) {
      const late = [...groups].filter(([, { since }]) => nowMs - since >= lifetimeMs)
      return late.map(([key]) => giveUp(key, 'sms.parts-late'))
    },
    waiting: () => groups.size,
  }
}

import type { Meter, MeterEntry } from '../store.ts'
import type { Audited, AuditFacts } from './audit.ts'

/** What of a change of a meter is for the audit: that it is there, its keys by their check values, and what weakens them. */
export function auditedChanges(
  before: Meter | undefined,
  after: Meter,
  { key, nextKey }: MeterEntry,
): readonly (readonly [Audited, AuditFacts])[] {
  const { keyCheck, nextKeyCheck, plain, retiredAt } = after
  const was = before?.keyCheck ?? null
  return [
    ...(before === undefined ? [['meter.registered', {}] as const] : []),
    ...(key ? [['key.set', { keyCheck, before: was }] as const] : []),
    ...(key === null && was !== null ? [['key.removed', { before: was }] as const] : []),
    ...(nextKey !== undefined ? [['key.next', { keyCheck: nextKeyCheck }] as const] : []),
    ...(plain !== (before?.plain ?? null) ? [['meter.plain', { plain: plain ?? 'refused' }] as const] : []),
    ...(before !== undefined && retiredAt !== before.retiredAt ? [['meter.retired', { at: retiredAt }] as const] : []),
  ]
}

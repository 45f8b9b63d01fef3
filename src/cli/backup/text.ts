import type { Backup } from '../../store/backup/file.ts'
import { count } from '../output.ts'

/** What a backup says of itself, on one line. */
export const contentText = ({ manifest, escrow }: Backup): string => {
  const { gateway, madeAt, meters, keys, messages, kek } = manifest
  const what = `${gateway}, ${madeAt ?? 'at an unknown time'}: ${count(meters, 'meter')} with ${count(keys, 'key')}, ${count(messages, 'message')}`
  if (kek === null) return what
  return `${what}; key-encryption key ${kek} ${escrow ? 'is in it, under its passphrase' : 'is not in it'}`
}

/** About keys that do not open. */
export const unopenedText = (meters: readonly string[]): string =>
  `${count(meters.length, 'key')} cannot be opened, damaged before the backup was made: ${[...new Set(meters)].join(', ')}`

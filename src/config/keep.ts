import { z } from 'zod'
import { duration } from './duration-setting.ts'

/** How long what is stored stays, by kind; docs/data-protection.md has a row for each. */
export const keep = z
  .strictObject({
    confirmed: duration('14d', '3650d').prefault('90d').describe('A reading after billing confirmed it'),
    unconfirmed: duration('14d', '3650d')
      .prefault('400d')
      .describe('Everything else after it was stored: readings not confirmed, events, messages of a day; not shorter than confirmed'),
    telegrams: duration('1d', '14d').prefault('2d').describe('The telegram behind each reading, encrypted as received'),
    sms: duration('1d', '90d').prefault('14d').describe('The words of a message by SMS, whatever became of it'),
    salvaged: duration('1d', '400d').prefault('30d').describe('A damaged database file after it was read out'),
  })
  .refine((k) => typeof k?.confirmed !== 'number' || typeof k.unconfirmed !== 'number' || k.unconfirmed >= k.confirmed, {
    when: () => true,
    path: ['unconfirmed'],
    error: 'must not be shorter than confirmed: what billing never confirmed is the only copy',
  })

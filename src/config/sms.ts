import { z } from 'zod'
import { DURATION, durationMs } from './duration.ts'

const path = z.string().min(1, 'must be a path')

const template = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be small letters, digits and "-"')
    .describe('What readings name as their decoder: sms-<name>/1'),
  match: z
    .string()
    .min(1, 'must be a regular expression')
    .describe(
      'Regular expression with named groups: meter, time, info, raw, energy, volume, onTime, power, flowRate, flowTemperature, returnTemperature, and energyUnit and so on',
    ),
  decimal: z.enum(['.', ',']).default('.').describe('The decimal sign of its numbers'),
  units: z.record(z.string(), z.string()).default({}).describe('Units of fields that the message gives none: energy: MWh'),
  zone: z.string().exactOptional().describe('IANA time zone of its times; left out: timeZone'),
  date: z.enum(['ymd', 'dmy']).default('ymd').describe('Order of the parts of its dates'),
})

const ask = z.strictObject({
  at: z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "05:00", in quotes')
    .describe('When meters are asked each day, local time'),
  jitter: z
    .string()
    .regex(DURATION, 'must be a duration such as 30m')
    .transform(durationMs)
    .prefault('30m')
    .describe('Questions are spread over so long'),
  retries: z.number().int().min(0).max(5).default(1).describe('How often a meter is asked again that does not answer within half an hour'),
  perDay: z.number().int().min(1).max(10_000).default(1_000).describe('Questions a day at most: each is an SMS'),
  command: z.string().min(1).max(160).default('=READ_HEAT_METER#').describe('What is sent'),
})

const READY = ['key-value', 'semicolon', 'elvaco'] as const

/** Meters that report by SMS. */
export const sms = z
  .strictObject({
    modem: z
      .string()
      .regex(/^\//, 'must be the path of a serial port: /dev/serial/by-id/…')
      .exactOptional()
      .describe('Serial port of a GSM or LTE modem'),
    pinFile: z
      .string()
      .regex(/\//, 'must be the path of a file, with a "/" in it; the PIN itself does not belong here')
      .exactOptional()
      .describe('File with the PIN of the SIM; left out: the systemd credential sim-pin, or none'),
    spool: z
      .strictObject({
        directory: path.describe('Where another program puts messages, one file each; they are removed once stored'),
        format: z.enum(['smstools3', 'gammu']).describe('Whose files they are'),
      })
      .exactOptional(),
    senders: path.describe('CSV file with lines phone;manufacturer;id: who may report which meter'),
    ask: ask.exactOptional().describe('Ask modules that answer only; left out: nobody is asked by itself'),
    formats: z
      .array(z.union([z.enum(READY), template], 'must be key-value, semicolon, elvaco, or a template with name and match'))
      .default([...READY])
      .describe('What messages are read as, in this order, after M-Bus frames and the texts of Kamstrup modules'),
  })
  .refine((sms) => sms?.modem !== undefined || sms?.spool !== undefined, {
    when: () => true,
    path: ['modem'],
    error: 'is missing: give a modem, or a spool directory',
  })

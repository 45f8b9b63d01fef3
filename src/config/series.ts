import { z } from 'zod'
import { METER_NAME } from '../wmbus/address.ts'
import { duration } from './duration-setting.ts'

export const meterName = z.string().regex(METER_NAME, 'must be the name of a meter such as KAM-07134347')

/** Values of every hour say when somebody is at home: only for a purpose that can be told to him, and for as long as that takes. */
export const series = z.strictObject({
  purpose: z
    .string('must say what the hourly values are for')
    .trim()
    .min(10, 'must say what the hourly values are for, as the privacy notice says it')
    .max(200)
    .describe('What the hourly values are for, as the utility’s privacy notice says it'),
  keep: duration('1d', '400d').describe('How long an hourly value stays'),
  meters: z.array(meterName).min(1, 'must name a meter; left out: all').exactOptional().describe('Of these meters only; left out: of all'),
})

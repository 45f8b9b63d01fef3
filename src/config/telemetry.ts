import { z } from 'zod'
import { duration } from './duration-setting.ts'
import { meterName } from './series.ts'
import { TOGETHER } from './texts.ts'

const interval = duration('10s', '1d')

const homeAssistant = z.strictObject({
  prefix: z
    .string()
    .regex(/^[^/+#$\s][^+#\s]*(?<!\/)$/, 'must be a topic without "+", "#", spaces or a "/" at either end')
    .default('homeassistant')
    .describe('Where Home Assistant looks for devices'),
})

/** What meters say between two readings: not stored, not sent again. */
export const telemetry = z
  .strictObject({
    every: interval.exactOptional().describe('Of each meter at most one message in this time; left out: only of the meters named below'),
    meters: z
      .record(z.string(), interval)
      .superRefine((meters, issues) => {
        for (const meter of Object.keys(meters))
          for (const { message } of meterName.safeParse(meter).error?.issues ?? [])
            issues.addIssue({ code: 'custom', path: [meter], message })
      })
      .exactOptional()
      .describe('Meters with an interval of their own'),
    homeAssistant: homeAssistant.exactOptional().describe('Tell Home Assistant of each meter, retained ({} for its usual prefix)'),
  })
  .refine((t) => t?.every !== undefined || t?.meters !== undefined, { ...TOGETHER, error: 'needs every, or meters, or both' })

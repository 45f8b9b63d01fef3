import type { WaitAnswer } from '../../control/wait.ts'
import { heardBest } from '../../memory/recent.ts'
import { REFUSALS, type Refusal } from '../../policy.ts'
import { heardByText } from '../listen/text.ts'
import { count } from '../output.ts'
import { ageText } from '../status/text.ts'
import { table } from '../table.ts'

/** One screen for whoever stands at the meter. */
export function waitText(answer: WaitAnswer, names: readonly (string | null)[]): string {
  const { meter, observation } = answer
  const values = observation?.values.map(({ name, value, unit }) => `${name} ${value} ${unit}`.trim()).join(', ')
  return table(
    [meter, names.filter(Boolean).join(', ') || '–'],
    [
      ['receivers', receiversText(answer)],
      ['heard', heardText(answer)],
      ['key', answer.key],
      ['observation', values ?? (missing(answer) === null ? null : 'not yet')],
      ...(missing(answer) === null ? [] : [['waits for', missing(answer)]]),
    ],
  )
}

const receiversText = ({ receivesAt }: WaitAnswer): string =>
  receivesAt.map(({ name, state, trouble }) => `${name}: ${trouble ?? state}`).join('; ') || 'none is configured'

function heardText({ telegrams, receivers, lastMs, nowMs }: WaitAnswer): string | null {
  if (lastMs === null) return null
  const best = heardBest(receivers)?.rssi
  const dBm = typeof best === 'number' ? `, at best ${best.toFixed(0)} dBm` : ''
  return `${count(telegrams, 'telegram')}, the last ${ageText(nowMs - lastMs)} ago${dBm}: ${heardByText(receivers)}`
}

const KEYS = {
  'does not fit': 'a key that fits: is it this meter’s, and whole? "varmesky meters set METER --key" takes another',
  'is missing': 'its key: "varmesky meters set METER --key"',
  'fits so far': 'another telegram: the first ones a key opens must fit each other before it is believed',
} as const

/** What is missing for the first observation, with what to try; null once it is there. */
export function missing({ observation, lastMs, key, reason, receivesAt, meter }: WaitAnswer): string | null {
  if (observation !== null) return null
  if (receivesAt.every(({ state }) => state !== 'receiving'))
    return 'a receiver that receives: "varmesky receivers list" says what is the matter'
  if (lastMs === null)
    return 'its telegrams: is the number right, and does it send in these link modes, and now? Some send each 15 minutes, some are switched on at the meter'
  if (key === 'does not fit' || key === 'is missing' || key === 'fits so far') return KEYS[key].replace('METER', meter)
  return reason === null ? 'a telegram with values' : `a better telegram; the last one: ${REFUSALS[reason as Refusal] ?? reason}`
}

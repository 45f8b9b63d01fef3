/** The shape of a meter type in a JSON file: `Decoder`, checked part by part. */
import { z } from 'zod'
import { nearest } from '../config/nearest.ts'
import type { Decoder } from '../decoders/decoder.ts'
import { FUNCTIONS } from '../wmbus/record.ts'
import { vibKeysOf } from '../wmbus/vib.ts'
import { allVifs } from '../wmbus/vif.ts'
import { allModifiers } from '../wmbus/vife.ts'

const QUANTITIES = [...new Set(allVifs().map((vif) => vif.quantity))]
const MODIFIERS = allModifiers().map((modifier) => modifier.name)

const meant = (word: unknown, candidates: readonly string[]): string => {
  const candidate = nearest(String(word), candidates)
  return candidate === undefined ? '' : `; did you mean "${candidate}"?`
}

/** Only the parts that are named here: a slip of the pen would otherwise be silently without effect. */
const parts = <S extends z.ZodRawShape>(shape: S) =>
  z
    .strictObject(shape, {
      error: ({ code, keys }) =>
        code === 'unrecognized_keys'
          ? (keys as string[]).map((key) => `"${key}" is not known here${meant(key, Object.keys(shape))}`).join(', ')
          : undefined,
    })
    .readonly()

const oneOf = (kind: string, names: readonly string[]) =>
  z.string().refine((name) => names.includes(name), { error: ({ input }) => `no ${kind} "${input}"${meant(input, names)}` })

/** Without a `most`: as far as numbers are exact. */
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const text = `must be a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? 'up' : `to ${most}`}`
  const error = ({ input }: { readonly input?: unknown }) => (input === undefined ? undefined : text)
  return z.int({ error }).min(least, text).max(most, text)
}
const list = <T extends z.ZodType>(of: T) => z.array(of).readonly()
const bytes = () => list(whole(0, 255)).refine((numbers) => numbers.length > 0, 'is empty: leave it out where every one is meant')

const isVib = (vib: string): boolean => {
  try {
    return /^(?:[0-9A-F]{2})+$/i.test(vib) && vibKeysOf({ vib })[0]! >= 0
  } catch {
    return false
  }
}

const pick = parts({
  quantity: oneOf('quantity', QUANTITIES).exactOptional(),
  vib: z.string().refine(isVib, 'is no value information block: VIF and VIFEs in hex, such as "FF07"').exactOptional(),
  modifiers: list(oneOf('modifier', MODIFIERS)).exactOptional(),
  function: z.enum(FUNCTIONS).exactOptional(),
  storage: whole(0).exactOptional(),
  tariff: whole(0, 63).exactOptional(),
  subunit: whole(0, 15).exactOptional(),
})
  .refine((p) => (p.quantity === undefined) !== (p.vib === undefined), 'must have a quantity or a vib, and not both')
  .refine((p) => p.vib === undefined || p.modifiers === undefined, {
    path: ['modifiers'],
    error: 'belongs to a quantity: a vib has its VIFEs in it',
  })

const OBIS = /^(?:\d-\d:)?(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){2}(?:\*(?:25[0-5]|2[0-4]\d|1?\d?\d))?$/
const UNIT = 'is needed with a vib, and only there: the standard says the unit of its own quantities ("" where there is none)'

const field = parts({
  name: z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'must be letters and digits in camel case, such as flowTemperature'),
  kind: z.enum(['register', 'momentary', 'historic']),
  of: z.string().exactOptional(),
  pick,
  obis: z.string().regex(OBIS, 'must be an OBIS code such as 1.0.0*255 or 6-0:1.0.0*255').exactOptional(),
  label: z.string().min(1, 'must not be empty').exactOptional(),
  unit: z.string().exactOptional(),
  exponent: whole(-30, 30).exactOptional(),
  scaledBy: z.string().exactOptional(),
  absent: list(z.number()).exactOptional(),
})
  .refine((f) => (f.unit === undefined) === (f.pick.vib === undefined), { path: ['unit'], error: UNIT })
  .refine((f) => f.unit !== undefined || f.exponent === undefined, { path: ['exponent'], error: 'is only for a vib with a unit' })
  .refine((f) => f.of === undefined || f.kind === 'historic', { path: ['of'], error: 'is only for a historic field' })
  .refine((f) => f.unit !== undefined || f.scaledBy === undefined, { path: ['scaledBy'], error: 'is only for a vib with a unit' })

const condition = z.string().min(1, 'must say in words what it means')
const isBit = (mask: number): boolean => mask >= 1 && mask <= 0x8000_0000 && Number.isInteger(Math.log2(mask))
const mask = z.number().refine(isBit, 'must be one bit as a decimal number: 1, 2, 4, 8, …')

const statusWord = parts({
  pick,
  bits: list(z.tuple([mask, condition]).readonly()),
  states: list(z.tuple([whole(0), condition]).readonly()).exactOptional(),
})

const meterMatch = parts({
  manufacturer: z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters'),
  versions: bytes().exactOptional(),
  types: bytes().exactOptional(),
})

const stamp = z.enum(['start', 'end', 'unknown'])

export const meterTypeSchema = parts({
  name: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower case letters and digits, with hyphens between'),
  version: whole(1),
  meters: list(meterMatch).refine((meters) => meters.length > 0, 'is empty: the type would claim no meter'),
  mac: z.literal('unverified').exactOptional(),
  clock: z.enum(['standard', 'local', 'unknown']),
  stamp,
  stamps: list(parts({ stamp, versions: bytes() })).exactOptional(),
  fields: list(field).refine((fields) => fields.length > 0, 'is empty: there would be nothing to read'),
  status: list(statusWord).exactOptional(),
}) satisfies z.ZodType<Decoder>

const WORDS: Readonly<Record<string, string>> = {
  string: 'text in quotes',
  array: 'a list',
  tuple: 'a pair [number, "meaning"]',
  object: 'an object {…}',
  number: 'a number',
}

/** Words for what has none of its own above. */
export const reason: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') return issue.input === undefined ? 'is missing' : `must be ${WORDS[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value') return `must be ${issue.values.join(' or ')}${meant(issue.input, issue.values.map(String))}`
  if (issue.code === 'too_small' || issue.code === 'too_big') return `must be ${WORDS['tuple']}`
  return undefined
}

/** One meter type out of the text of a JSON file, or everything that is wrong with it. */
import { compile } from '../decoders/compile.ts'
import type { Decoder, Field } from '../decoders/decoder.ts'
import { meterTypeSchema, reason } from './schema.ts'

export type ParsedType = { readonly decoder: Decoder } | { readonly problems: readonly string[] }

/** Problems are `fields[2].pick.quantity: no quantity "enrgy"; did you mean "energy"?`. */
export function parseMeterType(text: string): ParsedType {
  const json = parseJson(text)
  if ('problem' in json) return { problems: [json.problem] }
  const parsed = meterTypeSchema.safeParse(json.value, { error: reason })
  if (!parsed.success) return { problems: parsed.error.issues.map(({ path, message }) => `${placeOf(path)}: ${message}`) }
  const decoder: Decoder = parsed.data
  const problems = [...namesakes(decoder.fields), ...sameCodes(decoder.fields), ...lostScales(decoder.fields), ...saidTwice(decoder)]
  if (problems.length === 0) problems.push(...uncompilable(decoder))
  return problems.length > 0 ? { problems } : { decoder }
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`)).join('') || 'file'

function parseJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) }
  } catch (error) {
    const { message } = error as SyntaxError
    const at = /position (\d+)/.exec(message)?.[1]
    const line = at === undefined ? '' : `line ${text.slice(0, Number(at)).split('\n').length}: `
    return { problem: `${line}this is not JSON (${message})` }
  }
}

/** A name may stand for several records, of which a meter sends one: then everything but the pick is the same. */
function namesakes(fields: readonly Field[]): string[] {
  const meaningOf = ({ pick: _, ...meaning }: Field): string => JSON.stringify(Object.entries(meaning).sort())
  return fields.flatMap((field, i) => {
    const first = fields.findIndex(({ name }) => name === field.name)
    return meaningOf(fields[first]!) === meaningOf(field)
      ? []
      : [`fields[${i}].name: "${field.name}" is fields[${first}], which means something else`]
  })
}

function sameCodes(fields: readonly Field[]): string[] {
  return fields.flatMap(({ name, obis }, i) => {
    const first = fields.findIndex((other) => obis !== undefined && other.obis === obis)
    return first < 0 || fields[first]!.name === name ? [] : [`fields[${i}].obis: ${obis} is the code of fields[${first}], too`]
  })
}

const lostScales = (fields: readonly Field[]): string[] =>
  fields.flatMap(({ scaledBy }, i) =>
    scaledBy === undefined || fields.some(({ name }) => name === scaledBy)
      ? []
      : [`fields[${i}].scaledBy: there is no field "${scaledBy}"`],
  )

const saidTwice = ({ status = [] }: Decoder): string[] =>
  status.flatMap(({ bits, states = [] }, i) =>
    Object.entries({ bits, states }).flatMap(([part, said]) => {
      const numbers = said.map(([number]) => number)
      return numbers.flatMap((number, n) => (numbers.indexOf(number) < n ? [`status[${i}].${part}[${n}]: ${number} is said twice`] : []))
    }),
  )

/** What only shows when all picks stand side by side. */
function uncompilable(decoder: Decoder): string[] {
  try {
    compile(decoder)
    return []
  } catch (error) {
    return [`fields: ${(error as Error).message}`]
  }
}

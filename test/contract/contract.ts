/** The written contract as a machine reads it: JSON Schemas, the AsyncAPI document, the examples. */
import { readdirSync, readFileSync } from 'node:fs'
import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { default as addFormats } from 'ajv-formats'
import { parse } from 'yaml'

const FOLDER = new URL('../../docs/mqtt/', import.meta.url)
const json = (path: string) => JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8'))
const namesIn = (folder: string, end: string): string[] => readdirSync(new URL(folder, FOLDER)).filter((name) => name.endsWith(end))

export const EXAMPLES: readonly (readonly [name: string, message: Readonly<Record<string, unknown>>])[] = namesIn('examples/', '.json').map(
  (name) => [name, json(`examples/${name}`)],
)

type Schema = Record<string, unknown>
const isObject = (part: unknown): part is Schema => typeof part === 'object' && part !== null && !Array.isArray(part)

/** What is not written down is not allowed: for what we publish, where consumers must ignore what they do not know. */
const closed = (part: unknown): unknown => {
  if (Array.isArray(part)) return part.map(closed)
  if (!isObject(part)) return part
  const parts: Schema = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value)]))
  const isShape = part['type'] === 'object' && isObject(part['properties']) && part['additionalProperties'] === undefined
  return isShape ? { ...parts, additionalProperties: false } : parts
}

const formats = addFormats as unknown as (ajv: Ajv2020) => void

/** Validators by file name. `value` is open in the schemas because stored values have a date beside it. */
const validatorsOf = (strict: boolean): ReadonlyMap<string, ValidateFunction> => {
  const ajv = new Ajv2020({ allErrors: true, strictSchema: true })
  formats(ajv)
  const names = namesIn('./', '.schema.json')
  const read = (name: string): Schema => {
    const schema = json(name) as Schema
    if (!strict) return schema
    const shut = closed(schema) as Schema
    const defs = shut['$defs'] as Record<string, Schema> | undefined
    const value = defs?.['value']
    if (value)
      defs['value'] = {
        ...value,
        additionalProperties: undefined,
        properties: { ...(value['properties'] as Schema), date: true, at: true },
      }
    return shut
  }
  const schemas = names.map(read)
  for (const schema of schemas) ajv.addSchema(JSON.parse(JSON.stringify(schema)))
  return new Map(names.map((name, i) => [name, ajv.getSchema(String(schemas[i]!['$id']))!]))
}

/** As a consumer may use them, and with nothing allowed beyond them. */
export const OPEN = validatorsOf(false)
export const CLOSED = validatorsOf(true)

export interface AsyncApi {
  readonly asyncapi: string
  readonly info: { readonly version: string }
  readonly channels: Readonly<Record<string, { readonly address: string | null; readonly messages: Readonly<Record<string, unknown>> }>>
  readonly components: { readonly messages: Readonly<Record<string, { readonly payload: { readonly schema: { readonly $ref: string } } }>> }
}

export const ASYNCAPI = parse(readFileSync(new URL('asyncapi.yaml', FOLDER), 'utf8'), { merge: true }) as AsyncApi

/** The channel a topic belongs to, with the schema files of what may come there. */
const channelOf = (topic: string, prefix = 'varmesky/v1'): readonly string[] => {
  const match = Object.values(ASYNCAPI.channels).find(({ address }) => {
    const pattern = address?.replace('{prefix}', prefix).replace(/\{\w+\}/g, '[^/]+')
    return pattern !== undefined && new RegExp(`^${pattern}$`).test(topic)
  })
  return Object.keys(match?.messages ?? {}).map((name) => ASYNCAPI.components.messages[name]!.payload.schema.$ref.replace('./', ''))
}

/** What is wrong with a message that was published there: an empty list is right. */
export const problemsAt = (topic: string, body: string): readonly string[] => {
  const files = channelOf(topic)
  if (files.length === 0) return [`no channel has the topic ${topic}`]
  const [first, ...others] = files.map((file) => {
    const validate = CLOSED.get(file)!
    return validate(JSON.parse(body)) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${file}${instancePath} ${message}`)
  })
  return others.some((problems) => problems.length === 0) ? [] : first!
}

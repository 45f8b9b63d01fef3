import { type Document, isMap, isNode, type LineCounter, visit, type YAMLError } from 'yaml'
import { z } from 'zod'
import { nearest } from './nearest.ts'
import { fileSchema } from './schema.ts'

type Path = readonly PropertyKey[]
type Issue = z.core.$ZodIssue

export interface Source {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
}

interface Problem {
  readonly offset: number
  readonly text: string
}

/** One line per problem, in the order of the file: `file:line:col field: reason (got value)`. */
export const schemaProblems = (source: Source, issues: readonly Issue[]): string[] => {
  const problems = issues.flatMap((issue): Problem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          offset: keyOffset(source, issue.path, key),
          text: `${field([...issue.path, key])}: ${unknownKey(issue.path, key)}`,
        }))
      : [{ offset: valueOffset(source, issue.path), text: `${field(issue.path)}: ${reason(source, issue)}` }],
  )
  return inOrder(source, problems)
}

const SYNTAX: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_INDENT: 'the indentation is wrong: settings of one block start in the same column',
  DUPLICATE_KEY: 'the same setting is written twice',
  MISSING_CHAR: 'a quote, bracket or colon is missing',
  TAB_AS_INDENT: 'a tab is used as indentation: use spaces',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing, or the line before is indented too far',
}

/** YAML's own messages may quote the line they stumble over, and so a secret: only the kind of error is told. */
export const syntaxProblems = (source: Source): string[] => {
  const problems = source.document.errors.map(({ code, pos }) => ({
    offset: pos[0],
    text: SYNTAX[code] ?? `this is not YAML (${code.toLowerCase().replaceAll('_', ' ')})`,
  }))
  visit(source.document, {
    Alias: (_, node) => {
      problems.push({
        offset: node.range?.[0] ?? 0,
        text: 'a value that starts with "*" must stand in quotes (YAML aliases are not used here)',
      })
    },
  })
  return inOrder(source, problems)
}

const inOrder = (source: Source, problems: readonly Problem[]): string[] =>
  problems.toSorted((a, b) => a.offset - b.offset).map(({ offset, text }) => `${place(source, offset)} ${text}`)

const place = ({ file, lines }: Source, offset: number): string => {
  const { line, col } = lines.linePos(offset)
  return `${file}:${line}:${col}`
}

const field = (path: Path): string =>
  path.length === 0 ? 'file' : path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${String(part)}`)).join('')

const valueOffset = ({ document }: Source, path: Path): number => {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

const keyOffset = (source: Source, path: Path, key: string): number => {
  const map = source.document.getIn(path, true)
  const node = isMap(map) ? map.items.find((item) => isNode(item.key) && String(item.key) === key)?.key : undefined
  return isNode(node) && node.range ? node.range[0] : valueOffset(source, path)
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a block of settings',
  boolean: 'true or false',
  number: 'a number',
}

const reason = (source: Source, issue: Issue): string => {
  const value: unknown = source.document.getIn(issue.path)
  if (issue.code === 'invalid_type') {
    if (value === undefined || value === null) return value === null || issue.path.length === 0 ? 'is empty' : 'is required'
    if (!issue.message.startsWith('Invalid input')) return `${issue.message}${got(value)}`
    const quote = issue.expected === 'string' && typeof value !== 'object' ? ': put it in quotes' : ''
    return `must be ${WORDS[issue.expected] ?? issue.expected}${quote}${got(value)}`
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String)
    return `must be ${allowed.join(' or ')}${got(value)}${meant(String(value), allowed)}`
  }
  return `${issue.message}${MAY_HOLD_SECRET.test(String(issue.path.at(-1))) ? '' : got(value)}`
}

/** Settings for the path of a secret, where the secret itself may have been pasted. */
const MAY_HOLD_SECRET = /File$|^key$/

const unknownKey = (path: Path, key: string): string => {
  const known = knownKeys(path)
  return `is not a setting${meant(key, known) || ` (known here: ${known.join(', ')})`}`
}

const meant = (word: string, candidates: readonly string[]): string => {
  const candidate = nearest(word, candidates)
  return candidate === undefined ? '' : `; did you mean ${candidate}?`
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
}

const knownKeys = (path: Path): string[] => {
  let node = z.toJSONSchema(fileSchema, { io: 'input' }) as SchemaNode | undefined
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)]
  return Object.keys(node?.properties ?? {})
}

/** The value is only repeated where it is short and cannot be a secret. */
const got = (value: unknown): string =>
  ['string', 'number', 'boolean'].includes(typeof value) && /^(?!.*@)(?![0-9a-f -]{32,}$).{0,60}$/is.test(String(value))
    ? ` (got ${JSON.stringify(value)})`
    : ''

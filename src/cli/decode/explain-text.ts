/** An explanation for people: one line per field, bytes on the left, words on the right, within 100 columns. */
import type { Explanation } from '../../explain/explain.ts'
import { type Branch, isBranch, type Layer, type Leaf } from '../../explain/tree.ts'

const WIDTH = 100
const BYTES = 25
const FIELD = 20
const GAP = '  '
/** Mark and offset. */
const MARGIN = 5
const VALUE = WIDTH - MARGIN - BYTES - FIELD - 3 * GAP.length

type Style = Layer | 'heading' | 'faint' | 'fault'
/** Select Graphic Rendition: a colour per layer for headings and bytes, everything else as the terminal has it. */
const SGR: Readonly<Record<Style, string>> = {
  telegram: '1',
  dll: '36',
  ell: '34',
  nwl: '35',
  afl: '35',
  tpl: '33',
  apl: '32',
  rest: '2',
  heading: '1',
  faint: '2',
  fault: '1;31',
}

type Paint = (style: Style, text: string) => string

/** Colours for a terminal that takes them; anywhere else texts stay as they are. */
const paintOn = (hasColours: boolean): Paint =>
  hasColours ? (style, text) => (text === '' ? '' : `\u001b[${SGR[style]}m${text}\u001b[0m`) : (_, text) => text

const inPieces = (hex: string, bytes: number): string[] => hex.match(new RegExp(`.{1,${2 * bytes}}`, 'g')) ?? []
const spacedHex = (hex: string): string => inPieces(hex, 1).join(' ')

/** Rows of bytes: eight as they came, or four and what they decrypt to. */
const PLAIN_ROW = 8
const OPENED_ROW = 4

interface ByteRow {
  readonly offset: number
  readonly text: string
  readonly painted: string
}

function byteRows({ from, bytes, plain, layer }: Leaf, paint: Paint): ByteRow[] {
  const size = plain === undefined ? PLAIN_ROW : OPENED_ROW
  const opened = plain === undefined ? [] : inPieces(plain, size)
  return inPieces(bytes, size).map((piece, i) => {
    const offset = from + i * size
    const came = spacedHex(piece)
    if (plain === undefined) return { offset, text: came, painted: paint(layer, came) }
    const says = spacedHex(opened[i]!)
    return { offset, text: `${came} → ${says}`, painted: `${paint('faint', came)} → ${paint(layer, says)}` }
  })
}

/** Lines of at most `width` characters, broken between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ').flatMap((each) => each.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])) {
    const line = lines.at(-1)!
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}

/** DIF and VIF have their bits beside their names; longer fields have a line for each group. */
const hasInlineBits = ({ layer, field, bits }: Leaf): boolean => layer === 'apl' && field.length <= 4 && bits !== undefined

/** Nothing set is said in a word. */
const isZero = ({ bytes, plain = bytes }: Leaf): boolean => /^0+$/.test(plain)

function fieldCell(leaf: Leaf): string {
  if (!hasInlineBits(leaf)) return leaf.field
  const digits = leaf.bits!.map(({ bits }) => bits.replaceAll(/[. ]/g, ''))
  return `${leaf.field.padEnd(4)} ${digits.join(' ')}`
}

/** Behind the value where there is room, else on a line of its own. */
function withClause(last: string, clause: string, paint: Paint): string[] {
  if (clause === '') return [last]
  const room = VALUE - last.length - clause.length
  return room >= GAP.length ? [last + ' '.repeat(room) + paint('faint', clause)] : [last, paint('faint', clause.padStart(VALUE))]
}

function valueLines({ value, note }: Leaf, clause: string, paint: Paint): string[] {
  const lines = wrapped(value, VALUE)
  const last = lines.pop()!
  return [...lines, ...withClause(last, clause, paint), ...(note === undefined ? [] : wrapped(`(${note})`, VALUE))]
}

/** From the field's column on: its name and value, then its bits. */
function wordRows(leaf: Leaf, clause: string, paint: Paint): string[] {
  const [first = '', ...others] = valueLines(leaf, clause, paint)
  const bits = hasInlineBits(leaf) || isZero(leaf) ? [] : (leaf.bits ?? [])
  return [
    fieldCell(leaf).padEnd(FIELD) + GAP + first,
    ...others.map((line) => ' '.repeat(FIELD) + GAP + line),
    ...bits.map(({ bits: pattern, means }) => `${GAP}${paint('faint', pattern)}${GAP}${means}`),
  ]
}

function leafLines(leaf: Leaf, clause: string, e: Explanation, paint: Paint): string[] {
  const bytes = byteRows(leaf, paint)
  const words = wordRows(leaf, clause, paint)
  const lines = Array.from({ length: Math.max(bytes.length, words.length) }, (_, i) => {
    const row = bytes[i]
    const mark = i === 0 && leaf.fault ? paint('fault', '✗') : ' '
    const offset = row === undefined ? '' : String(row.offset)
    const cell = row === undefined ? ' '.repeat(BYTES) : row.painted + ' '.repeat(BYTES - row.text.length)
    return `${mark} ${offset.padStart(MARGIN - 2)}${GAP}${cell}${GAP}${words[i] ?? ''}`.trimEnd()
  })
  return leaf.fault && e.fault ? [...lines, ...faultLines(e.fault, paint)] : lines
}

const INDENT = ' '.repeat(MARGIN + GAP.length)

function faultLines({ code, message, advice }: NonNullable<Explanation['fault']>, paint: Paint): string[] {
  const text = [...wrapped(`${code}: ${message}`, WIDTH - INDENT.length), ...wrapped(`try: ${advice}`, WIDTH - INDENT.length)]
  return text.map((line) => INDENT + paint('fault', line))
}

/** Clauses are told where they are first used, without the document that the layer's heading names. */
function clauseOf(leaf: Leaf, document: string, told: Set<string>): string {
  if (told.has(leaf.clause)) return ''
  told.add(leaf.clause)
  const clause = leaf.clause.startsWith(`${document}, `) ? leaf.clause.slice(document.length + 2) : leaf.clause
  return clause === document || clause === leaf.field ? '' : clause
}

function branchLines(branch: Branch<Leaf>, e: Explanation, document: string, told: Set<string>, paint: Paint): string[] {
  const own = branch.label.split(' · ')[1] ?? document
  const isLayer = own !== document || branch.layer !== 'apl'
  const heading = wrapped(branch.label, WIDTH - GAP.length).map((line) => paint(branch.layer, isLayer ? line : GAP + line))
  const lines = branch.children.flatMap((child) =>
    isBranch(child) ? branchLines(child, e, own, told, paint) : leafLines(child, clauseOf(child, own, told), e, paint),
  )
  return isLayer ? ['', ...heading, ...lines] : [...heading, ...lines]
}

/** All of a telegram, layer by layer. */
export function explainedText(e: Explanation, hasColours: boolean): string {
  const paint = paintOn(hasColours)
  const told = new Set<string>()
  const branches = e.children.flatMap((child) => (isBranch(child) ? branchLines(child, e, '', told, paint) : []))
  const isMarked = branches.some((line) => line.includes('✗'))
  return [
    paint('heading', e.label),
    ...e.notes.flatMap((note) => wrapped(`note: ${note}`, WIDTH - 2).map((line) => `  ${line}`)),
    ...(e.fault && !isMarked ? faultLines(e.fault, paint) : []),
    ...branches,
  ].join('\n')
}

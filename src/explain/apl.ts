import { type Content, ciOf } from '../wmbus/ci.ts'
import { compact, fixed, format } from './compact.ts'
import { notRead } from './dll.ts'
import { manufacturerData, type Nodes, records } from './records.ts'
import { type Branch, block, lay, type Span, type Walk } from './tree.ts'
import { named } from './words.ts'

const DOCUMENT = 'EN 13757-3'

/** Application error codes. */
const ERRORS: Readonly<Record<number, string>> = {
  0: 'unspecified',
  1: 'CI-field not known',
  2: 'buffer too long',
  3: 'too many records',
  4: 'premature end of a record',
  5: 'more than 10 DIFEs',
  6: 'more than 10 VIFEs',
  8: 'application busy',
  9: 'too many readouts',
}

const error = (w: Walk): Nodes => [
  ...lay(w, 'apl', [{ size: 1, field: 'error code', clause: `${DOCUMENT}, application errors`, say: ([code]) => named(ERRORS)(code!) }]),
  ...notRead(w),
]

const CONTENTS: Readonly<Record<Content, (w: Walk) => Nodes>> = {
  records,
  compact,
  format,
  fixed,
  error,
  manufacturer: manufacturerData,
  alarm: (w) => block(w, w.end, 'apl', 'alarm', 'alarm status, meaning by manufacturer', `${DOCUMENT}, alarm protocol`),
  nothing: (w) => block(w, w.end, 'rest', 'left over', 'no application layer follows'),
  unsupported: notRead,
}

/** The application layer, by the CI-field of its header. */
export function aplBranch(w: Walk): Branch<Span> {
  const children = CONTENTS[ciOf(w.d.tpl!.ci, w.d.wired).content](w)
  return { layer: 'apl', label: `Application layer · ${DOCUMENT}`, children }
}

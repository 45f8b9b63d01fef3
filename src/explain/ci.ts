import { type Content, ciOf, type Header } from '../wmbus/ci.ts'
import type { Field } from './tree.ts'

const LINK_LAYERS: Readonly<Record<number, string>> = {
  129: 'network layer',
  134: 'extended link layer V',
  140: 'extended link layer I',
  141: 'extended link layer II',
  142: 'extended link layer III',
  143: 'extended link layer IV',
  144: 'authentication and fragmentation layer',
}

const CONTENTS: Readonly<Record<Content, string>> = {
  records: 'records, full frame',
  compact: 'records, compact frame',
  format: 'format frame',
  fixed: 'fixed data structure',
  error: 'application error',
  alarm: 'alarm',
  nothing: 'no application layer',
  manufacturer: 'manufacturer specific',
  unsupported: 'none that a meter reading has',
}

const HEADERS: Readonly<Record<Header, string>> = { none: '', short: ', short header', long: ', long header', fixed: '' }

/** The byte that names the next layer. */
export const ciField = (isWired: boolean): Field => ({
  size: 1,
  field: 'CI-field',
  clause: 'EN 13757-7, 5.2 CI',
  say: ([ci]) => {
    const { content, header } = ciOf(ci!, isWired)
    return LINK_LAYERS[ci!] ?? CONTENTS[content] + HEADERS[header]
  },
})

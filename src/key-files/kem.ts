/**
 * Kamstrup's key files, KEM and KEM2: a ZIP or the bare XML in it, encrypted by a password. After Kamstrup's guide
 * 55123205_B1_EN. The signature of a KEM2 file is not verified: where it stands is not published.
 */
import { createDecipheriv } from 'node:crypto'
import { XMLParser } from 'fast-xml-parser'
import type { KeyRow, Problem } from './key-row.ts'
import { unzip } from './zip.ts'

const PASSWORD_BYTES = 16
const BLOCK_BYTES = 16
/** Clear XML starts so; noise, which a wrong password gives, does not. */
const CLEAR = /^\ufeff?\s*<(?:\?xml|MetersInOrder|Devices)/

/** A key file that has been looked into. `rows` takes the password, which a file that is not sealed does not need. */
export interface KemFile {
  readonly sealed: boolean
  rows(password: string): readonly KeyRow[] | Problem
}

/** A ZIP, or XML. */
export const isKem = (bytes: Uint8Array): boolean => /^(?:PK|\ufeff?\s*<)/.test(utf8(bytes.subarray(0, 64)))

export const openKem = (bytes: Uint8Array): KemFile | Problem => {
  const texts = utf8(bytes.subarray(0, 2)) === 'PK' ? unzip(bytes, (name) => /\.kem2?$/i.test(name)) : [bytes]
  if ('problem' in texts) return texts
  if (texts.length === 0) return { problem: 'is a ZIP without a .kem or .kem2 file: a spreadsheet must be saved as CSV' }
  const documents: Xml[] = []
  for (const text of texts) {
    const parsed = parseXml(utf8(text))
    if ('problem' in parsed) return parsed
    documents.push(parsed.document)
  }
  return {
    sealed: documents.some((document) => 'EncryptedData' in document),
    rows: (password) => {
      const rows: KeyRow[] = []
      for (const document of documents) {
        const clear = 'EncryptedData' in document ? unsealed(document, password) : { document }
        if ('problem' in clear) return clear
        const found = rowsOf(clear.document, rows.length)
        if ('problem' in found) return found
        rows.push(...found)
      }
      return rows
    },
  }
}

/** AES-128-CBC; the key is the password padded with zeros, and so is the IV: no IV stands before the text, as in real xmlenc. */
const unsealed = (document: Xml, password: string): Parsed | Problem => {
  const key = Buffer.alloc(PASSWORD_BYTES)
  if (password === '' || Buffer.byteLength(password) > PASSWORD_BYTES)
    return { problem: `takes a password of 1 to ${PASSWORD_BYTES} bytes, as it was chosen when the file was fetched` }
  key.write(password)
  const sealed = Buffer.from(every(document, 'CipherValue').join(''), 'base64')
  if (sealed.length === 0 || sealed.length % BLOCK_BYTES !== 0) return { problem: 'is cut short, or damaged: fetch it anew' }
  const decipher = createDecipheriv('aes-128-cbc', key, key).setAutoPadding(false)
  const text = utf8(Buffer.concat([decipher.update(sealed), decipher.final()]))
  if (!CLEAR.test(text)) return { problem: 'does not open with this password: it is the customer number, or was chosen at the download' }
  return parseXml(text.slice(0, text.lastIndexOf('>') + 1))
}

type Xml = Readonly<Record<string, unknown>>

interface Parsed {
  readonly document: Xml
}

const parser = new XMLParser({ removeNSPrefix: true, parseTagValue: false, ignoreDeclaration: true, ignorePiTags: true })

/** A key file needs no declarations; what they can do, they do to harm. */
const parseXml = (text: string): Parsed | Problem => {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) return { problem: 'declares a DTD or an entity, which no key file does: it is not read' }
  try {
    return { document: parser.parse(text.replace(/^\ufeff/, ''), true) as Xml }
  } catch {
    // The parser's message may repeat what it stumbles over, and so a key.
    return { problem: 'is not whole XML: fetch it anew' }
  }
}

const rowsOf = (document: Xml, before: number): readonly KeyRow[] | Problem => {
  const meters = [...elements(document, 'MetersInOrder', 'Meter'), ...elements(document, 'Devices', 'Device')]
  if (meters.length === 0) return { problem: 'is no key file as known here: it has neither <MetersInOrder><Meter> nor <Devices><Device>' }
  const rows: KeyRow[] = []
  for (const [n, meter] of meters.entries()) {
    const at = `meter ${before + n + 1}`
    const keys = new Set(keysOf(meter).map((key) => key.toUpperCase()))
    if (keys.size > 1) return { problem: `has more than one DEK for ${at}: ask its sender which one is right` }
    const maker = textOf(meter['VendorId']) || textOf(meter['ManufacturerId'])
    rows.push({
      at,
      meter: textOf(meter['SerialNo']) || textOf(meter['SerialNumber']) || textOf(meter['MeterNo']),
      manufacturer: /^[A-Z]{3}$/i.test(maker) ? maker : 'KAM',
      key: [...keys][0] ?? '',
      label: '',
      installation: textOf(meter['CustomerDeviceNumber']),
    })
  }
  return rows
}

/** KEM has an element DEK, KEM2 a pair of Name and Value, whose parents' names are not published: both are looked for anywhere. */
const keysOf = (meter: Xml): readonly string[] => [
  ...every(meter, 'DEK'),
  ...nodes(meter)
    .filter((node) => textOf(node['Name']).toUpperCase() === 'DEK')
    .map((node) => textOf(node['Value']))
    .filter((text) => text !== ''),
]

/** The element and all below it; the parser holds how deep that may be. */
const nodes = (node: unknown): readonly Xml[] =>
  Array.isArray(node) ? node.flatMap(nodes) : isXml(node) ? [node, ...Object.values(node).flatMap(nodes)] : []

const every = (node: Xml, name: string): readonly string[] =>
  nodes(node)
    .flatMap((inner) => inner[name] ?? [])
    .map(textOf)
    .filter((text) => text !== '')

const elements = (document: Xml, root: string, name: string): readonly Xml[] => {
  const parent = document[root]
  return isXml(parent) ? [parent[name] ?? []].flat().filter(isXml) : []
}

const isXml = (node: unknown): node is Xml => typeof node === 'object' && node !== null && !Array.isArray(node)
const textOf = (node: unknown): string => (typeof node === 'string' ? node.trim() : '')
const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

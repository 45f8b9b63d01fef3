import { failure } from '../failure.ts'

/** What one column of a meter list may be called: in English, in Danish, and as meter makers' own exports do. */
const COLUMNS = {
  meter: [
    ...[
      'meter',
      'meter id',
      'meter no',
      'meter number',
      'serial',
      'serial no',
      'serial number',
      'number',
      'no',
      'id',
      'radio id',
      'identification number',
    ],
    ...[
      'måler',
      'målernummer',
      'målernr',
      'målerid',
      'maalernummer',
      'maalernr',
      'nummer',
      'nr',
      'serienummer',
      'serienr',
      'fabrikationsnummer',
      'fabriksnummer',
    ],
  ],
  manufacturer: [
    ...['manufacturer', 'manufacturer id', 'mfct', 'maker', 'make', 'vendor', 'vendor id', 'man'],
    ...['fabrikant', 'fabrikat', 'producent', 'leverandør', 'leverandoer'],
  ],
  key: [
    ...['key', 'aes', 'aes key', 'aes128', 'aes128key', 'dek', 'data encryption key', 'encryption key', 'enc key', 'decryption key'],
    ...['nøgle', 'noegle', 'aesnøgle', 'aesnoegle', 'krypteringsnøgle', 'krypteringsnoegle', 'dekrypteringsnøgle'],
  ],
  label: ['label', 'name', 'navn', 'betegnelse', 'mærke'],
  installation: [
    ...['installation', 'installation id', 'installation no', 'installation number', 'customer device number'],
    ...['installationsnummer', 'installationsnr', 'anlæg', 'anlægsnummer', 'anlægsnr', 'anlaeg', 'forbrugssted', 'målepunkt'],
  ],
  alias: [
    ...['alias', 'aliases', 'customer number', 'customer no', 'customer id', 'customer'],
    ...['kundenummer', 'kundenr', 'kundeid', 'forbrugernummer', 'forbrugernr', 'aftagenummer', 'aftagenr'],
  ],
  wired: [
    ...['wired', 'wired id', 'secondary address', 'mbus id', 'mbus address', 'mbus secondary address'],
    ...['sekundær adresse', 'sekundaer adresse', 'kablet id'],
  ],
} as const

export type Column = keyof typeof COLUMNS

export interface Header {
  /** The place of each column that is there. */
  readonly places: Readonly<Partial<Record<Column, number>>>
  /** Names of columns that mean nothing here. */
  readonly unused: readonly string[]
}

const bare = (name: string): string =>
  name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')

const MEANINGS: ReadonlyMap<string, Column> = new Map(
  Object.entries(COLUMNS).flatMap(([column, names]) => names.map((name) => [bare(name), column as Column] as const)),
)

/** Finds the columns by their names. A line without any may be no header but a meter with its key: it is never repeated. */
export const readHeader = (cells: readonly string[]): Header => {
  const places: Partial<Record<Column, number>> = {}
  const unused: string[] = []
  for (const [place, name] of cells.entries()) {
    const column = MEANINGS.get(bare(name))
    if (column === undefined) unused.push(name)
    else if (places[column] === undefined) places[column] = place
    else
      throw failure('failed', `Two columns could be the ${column}, "${cells[places[column]]}" and "${name}": rename the one that is not.`)
  }
  if (places.meter === undefined)
    throw failure(
      'failed',
      'The first line must name the columns, one of them the number of the meter: meter, serial number, målernummer, …\nKnown besides: manufacturer, key, label, installation, alias, wired.',
    )
  return { places, unused: unused.filter((name) => name !== '') }
}

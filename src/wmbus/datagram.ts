import type { Address } from './address.ts'
import type { Header } from './ci.ts'
import type { Fault, Note } from './fault.ts'
import type { DataRecord } from './record.ts'

/** Data link layer (EN 13757-4). */
export interface Dll {
  /** C-field with the repeater's bit 7 as sent. */
  readonly control: number
  /** Sender of a radio frame; a wired frame carries only a bus address. */
  readonly address: Address | null
}

/** Extended link layer (EN 13757-4, CI 8C…8F). */
export interface Ell {
  readonly ci: number
  readonly communicationControl: number
  readonly accessNumber: number
  /** Partner address of CI 8E and 8F. */
  readonly partner: Address | null
  /** 32 bits as a number, or null where the layer has none (8C, 8E). */
  readonly sessionNumber: number | null
}

/** Authentication and fragmentation layer (EN 13757-7, CI 90). */
export interface Afl {
  /** Offset of its CI. */
  readonly at: number
  readonly fragmentControl: number
  readonly messageControl: number | null
  readonly keyInformation: number | null
  readonly messageCounter: number | null
  /** Offset and length of the MAC in the datagram's bytes, length 0 where there is none. */
  readonly macAt: number
  readonly macLength: number
  readonly messageLength: number | null
}

/** Transport layer (EN 13757-7): the header of the application CI. */
export interface Tpl {
  /** Offset of its CI. */
  readonly at: number
  readonly ci: number
  readonly header: Header
  /** The metering device of a long header; a fixed structure tells no manufacturer (0) and no version. */
  readonly address: Address | null
  readonly accessNumber: number
  readonly status: number
  readonly configurationField: number
  readonly securityMode: number
  /** The field behind the configuration field of modes 7 and 10, and the key version it announces. */
  readonly configurationExtension: number
  readonly keyVersion: number | null
}

/** A header CI without header fields has neither access number, status nor security. */
export const NO_TPL_FIELDS = {
  address: null,
  accessNumber: 0,
  status: 0,
  configurationField: 0,
  securityMode: 0,
  configurationExtension: 0,
  keyVersion: null,
} as const

/**
 * One frame, layer by layer, and the cursor over it: `pos` walks to `end`; a read past the end sets `short` and yields 0,
 * so that a layer checks once, after its reads. `bytes` is this datagram's own CRC-free copy, opened in place.
 */
export interface Datagram {
  bytes: Uint8Array
  pos: number
  end: number
  short: boolean
  /** A wired long frame (EN 13757-2) rather than a radio frame. */
  wired: boolean
  dll: Dll | null
  ell: Ell | null
  afl: Afl | null
  tpl: Tpl | null
  /** What follows `pos` is encrypted in the extended link layer and waits for the key. */
  sealed: boolean
  /** The layers that were opened with the key, outermost first: what `encryption` of an observation says. */
  encryption: 'none' | 'ell-ctr' | 'aes-cbc' | 'aes-ccm' | 'lfsr'
  mac: 'none' | 'right' | 'wrong'
  /** What the session keys are derived with and what only rises: the transport layer's, else that of the authentication layer. */
  messageCounter: number | null
  /** First byte after the encrypted part: records from here on were not protected. */
  plainFrom: number
  records: DataRecord[]
  /** Of a compact or format frame: signature and the headers (DIF, DIFE, VIF, VIFE) it names, null where they are not known. */
  format: { readonly signature: number; readonly headers: Uint8Array | null } | null
  /** Bytes after DIF 0F or 1F, or of a manufacturer specific CI: [from, end). −1 where there are none. */
  manufacturerFrom: number
  fault: Fault | null
  notes: Note[]
}

/** A datagram before its first layer. */
export const emptyDatagram = (): Datagram => ({
  bytes: NO_BYTES,
  pos: 0,
  end: 0,
  short: false,
  wired: false,
  dll: null,
  ell: null,
  afl: null,
  tpl: null,
  sealed: false,
  encryption: 'none',
  mac: 'none',
  messageCounter: null,
  plainFrom: 0,
  records: [],
  format: null,
  manufacturerFrom: -1,
  fault: null,
  notes: [],
})

const NO_BYTES = new Uint8Array(0)

/** The metering device as the layers write it: the long transport header's address, else the link layer's. */
export const meterAddress = (d: Datagram): Address | null => d.tpl?.address ?? d.dll?.address ?? null

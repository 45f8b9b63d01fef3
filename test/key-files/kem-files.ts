/** Key files made here, as Kamstrup's are described; none is a genuine one. */
import { createCipheriv } from 'node:crypto'
import { deflateRawSync, gzipSync } from 'node:zlib'

export const PASSWORD = 'kunde-4711'

interface Made {
  readonly serial: string
  readonly key: string
}

export const kem = (meters: readonly Made[]): string =>
  `<?xml version="1.0" encoding="utf-8"?><MetersInOrder orderid="1" schemaVersion="2.0">${meters
    .map(
      ({ serial, key }) =>
        `<Meter><MeterName>MC403</MeterName><MeterNo>9${serial}</MeterNo><SerialNo>${serial}</SerialNo><ConfigNo/><VendorId>KAM</VendorId>` +
        `<EncKeys><DEK>${key}</DEK><GPK1>${'0'.repeat(32)}</GPK1></EncKeys></Meter>`,
    )
    .join('')}</MetersInOrder>`

export const kem2 = (meters: readonly (Made & { readonly place: string })[]): string =>
  `<Devices schemaVersion="1.0">${meters
    .map(
      ({ serial, key, place }) =>
        `<Device><SerialNumber>${serial}</SerialNumber><CustomerDeviceNumber>${place}</CustomerDeviceNumber><ManufacturerId>KAM</ManufacturerId>` +
        `<Keys><Key><Name>GPK</Name><Value>${'1'.repeat(32)}</Value></Key><Key><Name>DEK</Name><Value>${key}</Value></Key></Keys></Device>`,
    )
    .join('')}</Devices>`

/** Up to 16 bytes of padding, 16 where the text fills its blocks. */
export const sealed = (text: string, password = PASSWORD): string => {
  const key = Buffer.alloc(16)
  key.write(password)
  const cipher = createCipheriv('aes-128-cbc', key, key)
  const base64 = Buffer.concat([cipher.update(text), cipher.final()]).toString('base64')
  const algorithm = 'http://www.w3.org/2001/04/xmlenc#aes128-cbc'
  return (
    `<EncryptedData Type="${algorithm}" xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="${algorithm}"/>` +
    `<CipherData><CipherValue>${base64.replace(/.{76}/g, '$&\r\n')}</CipherValue></CipherData></EncryptedData>`
  )
}

export interface Entry {
  readonly name: string
  readonly content: string | Uint8Array
  readonly stored?: true
  /** What the directory says of its length. */
  readonly length?: number
}

/** As zlib reckons it: the last eight bytes of gzip are CRC and length. */
const crc32 = (bytes: Uint8Array): number => gzipSync(bytes).readUInt32LE(gzipSync(bytes).length - 8)

/** After APPNOTE.TXT 4.3: local entries, central directory, end. */
export const zip = (...entries: readonly Entry[]): Buffer => {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, stored, length } of entries) {
    const clear = Buffer.from(content)
    const packed = stored ? clear : deflateRawSync(clear)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(stored ? 0 : 8, 4)
    common.writeUInt32LE(crc32(clear), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(length ?? clear.length, 18)
    common.writeUInt16LE(name.length, 22)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed])
    locals.push(local)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, Buffer.from(name)]))
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, listed, end])
}

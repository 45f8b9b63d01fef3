import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBoot, listed, registrationOf, signalOf, storageOf } from '../../src/sms/modem/answers.ts'
import { atLines } from '../../src/sms/modem/at-lines.ts'

const linesOf = (...pieces: readonly string[]): string[] => {
  const lines = atLines()
  return pieces.flatMap((piece) => lines.feed(Buffer.from(piece, 'latin1')))
}
const PDU = '0891683110903305F0200D91683148625389F300006180305152502305E8329BFD06'

describe('lines of a modem', () => {
  it('end with CR, LF, both, or several', () => {
    expect(linesOf('\r\nOK\r\n\r\n+CSQ: 17,99\rRDY\n')).toEqual(['OK', '+CSQ: 17,99', 'RDY'])
  })

  it.each([
    ['OK+CMTI: "SM",3\r\n', ['OK', '+CMTI: "SM",3']],
    ['+CMTI: "SM",3+CMTI: "SM",4\r\n', ['+CMTI: "SM",3', '+CMTI: "SM",4']],
    ['+CME ERROR: 25+CREG: 1\r\n', ['+CME ERROR: 25', '+CREG: 1']],
    [`${PDU}+CMTI: "ME",1\r\n`, [PDU, '+CMTI: "ME",1']],
    [`${PDU}OK\r\n`, [PDU, 'OK']],
    ['+CREG: 0,1OK\r\n', ['+CREG: 0,1', 'OK']],
    ['+CMGL: 1,1,"+4520123456",25\r\n', ['+CMGL: 1,1,"+4520123456",25']],
  ])('are taken apart where they were glued: %s', (bytes, lines) => {
    expect(linesOf(bytes)).toEqual(lines)
  })

  it('tell the prompt, which has no end', () => {
    expect(linesOf('AT+CMGS=20\r', '\r\n> ')).toEqual(['AT+CMGS=20', '>'])
  })

  it('do not depend on how the bytes are cut', () => {
    const text = `\r\n+CMGL: 1,0,,25\r\n${PDU}\r\n+CMGL: 2,1,"x",25\r\n${PDU}+CMTI: "SM",3\r\n\r\nOK\r\n`
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        expect(linesOf(...at.slice(1).map((end, i) => text.slice(at[i], end)))).toEqual(linesOf(text))
      }),
    )
  })

  it('come to an end whatever the bytes are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('+', '"', ',', 'C', 'A', ':', ' ', '0', 'OK', '\r'), maxLength: 500 }),
        (text) => void linesOf(text),
      ),
    )
  })
})

describe('what the lines say', () => {
  it('messages, their PDUs in one piece or in several, with news in between', () => {
    const lines = ['+CMGL: 3,0,,25', PDU, '+CMGL: 4,1,"+45, 1",25', PDU.slice(0, 21), PDU.slice(21)]
    expect(listed(lines)).toEqual({
      messages: [
        { index: 3, status: 0, pdu: PDU },
        { index: 4, status: 1, pdu: PDU },
      ],
      torn: 0,
    })
  })

  it('an entry that is not as long as announced is torn, and not a message', () => {
    expect(listed(['+CMGL: 3,0,,25', PDU.slice(0, -2), '+CMGL: 4,0,,25', '+CMGL: 5,0,,25', PDU])).toEqual({
      messages: [{ index: 5, status: 0, pdu: PDU }],
      torn: 2,
    })
  })

  it('registration, asked for or told, with a place or without', () => {
    const lines = ['+CREG: 0,1', '+CREG: 5', '+CREG: 2,"00C3","7A11"', '+CREG: 2,3,"00C3","7A11"', '+CEREG: 0,4', '+CSQ: 1,1']
    expect(lines.map(registrationOf)).toEqual(['home', 'roaming', 'searching', 'denied', 'unknown', null])
  })

  it('signal and storage', () => {
    expect(signalOf(['+CSQ: 17,99'])).toBe(-79)
    expect(signalOf(['+CSQ: 99,99'])).toBeNull()
    expect(storageOf(['+CPMS: 3,50,3,50,3,50'])).toEqual({ used: 3, total: 50 })
    expect(storageOf([])).toBeNull()
  })

  it('which lines mean that it has just started', () => {
    expect(['RDY', 'SMS DONE', '+CPIN: READY', '^SYSSTART', 'PB DONE'].every(isBoot)).toBe(true)
    expect(['OK', '+CMTI: "SM",1', '^BOOT:20952548,0,0,0,72', 'RING'].some(isBoot)).toBe(false)
  })
})

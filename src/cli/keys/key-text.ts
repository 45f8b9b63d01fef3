const SEPARATORS = /[\s:.-]/g

/** Whether a spreadsheet has taken digits for a number and rounded them, as in `1,23E+31`. */
export const isSpreadsheetNumber = (text: string): boolean => /^\d+(?:[.,]\d+)?e\+?\d+$/i.test(text) && /[.,+]/.test(text)

/** The 16 bytes of a meter key from its 32 hexadecimal digits, which may be grouped; or why not, never with a digit of it. */
export const parseKey = (text: string): Uint8Array | { readonly problem: string } => {
  const digits = text.replace(SEPARATORS, '')
  if (isSpreadsheetNumber(text.trim()))
    return {
      problem: 'the key was turned into a number by a spreadsheet and is lost there: format the column as text and paste the key again',
    }
  if (!/^[0-9a-f]*$/i.test(digits)) return { problem: 'a key has only the digits 0–9 and A–F' }
  if (digits.length !== 32) return { problem: `a key has 32 hexadecimal digits, this one has ${digits.length}` }
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

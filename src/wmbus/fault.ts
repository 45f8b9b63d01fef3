/**
 * Why decoding stopped: the first layer that could not go on, and its reason. A closed union, so that every place that
 * explains, counts or translates a fault is checked for completeness by the compiler.
 */
export const FAULTS = {
  'frame.empty': 'no bytes',
  'frame.hex': 'not hexadecimal',
  'frame.too-short': 'shorter than a data link header (11 bytes)',
  'frame.too-long': 'longer than a frame can be',
  'frame.length': 'the L-field does not fit the number of bytes',
  'frame.wired': 'not a wired long frame 68 L L 68 … CS 16',
  'frame.checksum': 'wired checksum wrong',
  'dll.crc': 'data link CRC wrong: the frame was damaged',
  'dll.c-field': 'the C-field is none that a meter sends',
  'ell.truncated': 'ends inside the extended link layer',
  'ell.unsupported': 'extended link layer of a kind that is not public (CI 86)',
  'ell.encryption': 'extended link layer encryption is neither none nor AES-128-CTR',
  'ell.key-missing': 'encrypted in the extended link layer: needs the meter key',
  'ell.key-wrong': 'payload CRC wrong after decryption: wrong key',
  'ell.crc': 'payload CRC wrong: the frame was damaged',
  'nwl.unsupported': 'network layer (CI 81) is not supported',
  'afl.truncated': 'ends inside the authentication and fragmentation layer',
  'afl.length': 'the fields of the authentication and fragmentation layer do not fit its length',
  'afl.fragment': 'one fragment of a longer message',
  'tpl.truncated': 'ends inside the transport layer header',
  'tpl.key-missing': 'encrypted in the transport layer: needs the meter key',
  'tpl.key-wrong': 'what must stand in the decrypted data does not: wrong key',
  'tpl.mode-unsupported': 'security mode not supported',
  'tpl.counter-missing': 'no message counter to derive the key with',
  'tpl.too-short': 'fewer encrypted bytes than one cipher block',
  'apl.ci-unsupported': 'the application CI is not one a meter reading has',
  'apl.error': 'the meter reports an application error instead of data',
  'apl.truncated': 'the last record ends beyond the frame',
  'apl.record': 'a record breaks the rules of EN 13757-3',
  'apl.compact-unknown': 'compact frame of a format not heard yet',
  'apl.compact-crc': 'the full frame or the format does not fit its CRC: damaged, or of another format',
} as const

export type Fault = keyof typeof FAULTS

/** Faults of a telegram that stays closed: there was no key to open it with, or the key that there was did not. */
export const KEY_FAULTS: Readonly<Partial<Record<string, 'no-key' | 'wrong-key'>>> = {
  'ell.key-missing': 'no-key',
  'ell.key-wrong': 'wrong-key',
  'tpl.key-missing': 'no-key',
  'tpl.key-wrong': 'wrong-key',
}

/** What does not stop decoding but must be said. A closed union, too. */
export const NOTES = {
  'dll.unprotected': 'frame without data link CRC, accepted as it is',
  'dll.trailing': 'bytes after the end of the frame were cut off',
  'dll.length': 'L-field corrected to the bytes delivered',
  'ell.already-decrypted': 'the log was already decrypted: the payload CRC matches without a key',
  'ell.crc-mismatch': 'a decrypted log that was changed since: the payload CRC does not match, but all of it is plain records',
  'afl.mac-wrong': 'the message authentication code does not fit the message or the key',
  'afl.mac-unsupported': 'a message authentication code of a kind that cannot be checked',
  'tpl.already-decrypted': 'the log was already decrypted: 2F2F stands without a key',
  'tpl.plain-tail': 'plain records follow the encrypted part',
  'tpl.partial': 'fewer encrypted blocks received than announced',
  'tpl.wired-signature': 'wired signature word ignored: the body is plain',
  'apl.record-error': 'a record reports an error instead of a value',
  'apl.invalid-value': 'a record carries the value that means "not available"',
  'apl.manufacturer-data': 'manufacturer specific data to the end of the frame',
  'apl.compact-crc-mismatch': 'a compact frame that was changed since: its full-frame CRC does not match, but its format fits',
  'apl.short-tail': 'one or two bytes behind the last record are none: left over from a CRC',
  'apl.more-follows': 'more records follow in the next telegram',
} as const

export type Note = keyof typeof NOTES

import { aesKey, authenticationCode, type Key } from './security.ts'

/** Derivation constants of the direction from the meter; 10 and 11 would be the way back. */
const ENCRYPTION = 0x00
const AUTHENTICATION = 0x01

const PADDING = 0x07

/** DC ‖ message counter ‖ identification number ‖ 07…: one block. */
function derive(master: Key, constant: number, messageCounter: number, id: number): Key {
  const message = new Uint8Array(16).fill(PADDING)
  const view = new DataView(message.buffer)
  view.setUint8(0, constant)
  view.setUint32(1, messageCounter, true)
  view.setUint32(5, id, true)
  return aesKey(authenticationCode(master, message))
}

/** The two keys of one message of one meter. */
interface SessionKeys {
  readonly master: Key
  readonly messageCounter: number
  readonly id: number
  readonly encryption: Key
  readonly authentication: Key
}

/** A message asks twice for its keys, first for the code and then for the text, and no other message in between. */
let last: SessionKeys | null = null

/** KDF-A (EN 13757-7, OMS Vol. 2): the keys of one message. */
export function sessionKeys(master: Key, messageCounter: number, id: number): SessionKeys {
  if (last !== null && last.master === master && last.messageCounter === messageCounter && last.id === id) return last
  last = {
    master,
    messageCounter,
    id,
    encryption: derive(master, ENCRYPTION, messageCounter, id),
    authentication: derive(master, AUTHENTICATION, messageCounter, id),
  }
  return last
}

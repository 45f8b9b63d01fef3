import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPty, type Pty } from '../../support/pty.ts'

/** What a stick does, apart from the wire it hangs on. It answers only what its documentation or a real log quotes, else nothing. */
export interface Emulator {
  /** Takes the first request off what the host has written; null: it is not whole yet. */
  hear(written: Uint8Array): { readonly used: number; readonly reply: Uint8Array | null } | null
  /** A telegram (L-field, no CRCs) as the stick sends it to the host as it is set now, heard at about -50 dBm. */
  telegram(bytes: Uint8Array): Uint8Array
}

/** Answers every whole request in what is written, cut anywhere; each request is told to `asked`. */
export function answering(emulator: Emulator, asked: (request: Uint8Array) => void = () => {}): (written: Uint8Array) => Uint8Array {
  let pending = new Uint8Array(0)
  return (written) => {
    const reply: number[] = []
    pending = Uint8Array.of(...pending, ...written)
    for (let heard = emulator.hear(pending); pending.length > 0 && heard !== null; heard = emulator.hear(pending)) {
      asked(pending.slice(0, heard.used))
      pending = pending.slice(heard.used)
      reply.push(...(heard.reply ?? []))
    }
    return Uint8Array.from(reply)
  }
}

export interface PluggedIn {
  /** Like a link in /dev/serial/by-id. */
  readonly path: string
  /** Every request, in hex. */
  readonly asked: readonly string[]
  raw(bytes: Uint8Array): Promise<void>
  /** Stays plugged in and answers nothing any more. */
  hang(): void
  close(): void
}

/** An emulator on a real pseudo terminal. */
export async function plugIn(emulator: Emulator): Promise<PluggedIn> {
  const directory = mkdtempSync(join(tmpdir(), 'stick-'))
  const path = join(directory, 'usb-stick-if00-port0')
  const asked: string[] = []
  let hung = false
  const pty: Pty = await openPty()
  const answer = answering(emulator, (request) => asked.push(Buffer.from(request).toString('hex')))
  pty.onData((written) => {
    const reply = answer(written)
    if (!hung) void pty.write(reply)
  })
  symlinkSync(pty.path, path)
  return {
    path,
    asked,
    raw: (bytes) => pty.write(bytes),
    hang() {
      hung = true
    },
    close() {
      unlinkSync(path)
      pty.close()
      rmSync(directory, { recursive: true })
    },
  }
}

export const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
export const hex = (all: Uint8Array): string => Buffer.from(all).toString('hex').toUpperCase()

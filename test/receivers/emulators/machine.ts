import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPty, type Pty } from '../../support/pty.ts'
import { answering, type Emulator } from './emulator.ts'

/** One plugging in of a stick. */
export interface Plugged {
  /** Of the terminal itself. */
  readonly path: string
  /** Every request, in hex. */
  readonly asked: readonly string[]
  raw(bytes: Uint8Array): Promise<void>
  /** Stays plugged in and answers nothing any more. */
  hang(): void
  unplug(): void
}

/** A machine with sticks on real pseudo terminals, under the names that a kernel and udev give them. */
export interface Machine {
  readonly dev: string
  /** Path of a name below `dev`. */
  at(name: string): string
  /** `names` come and go with it: `ttyUSB0`, `serial/by-id/…`. */
  plugIn(emulator: Emulator, ...names: string[]): Promise<Plugged>
  close(): void
}

export function openMachine(): Machine {
  const dev = mkdtempSync(join(tmpdir(), 'dev-'))
  for (const kind of ['serial/by-id', 'serial/by-path']) mkdirSync(join(dev, kind), { recursive: true })
  const plugged = new Set<Plugged>()
  const at = (name: string): string => join(dev, name)
  return {
    dev,
    at,
    async plugIn(emulator, ...names) {
      const pty: Pty = await openPty()
      const asked: string[] = []
      let hung = false
      const answer = answering(emulator, (request) => asked.push(Buffer.from(request).toString('hex')))
      pty.onData((written) => {
        const reply = answer(written)
        if (!hung && reply.length > 0) void pty.write(reply)
      })
      for (const name of names) symlinkSync(pty.path, at(name))
      const stick: Plugged = {
        path: pty.path,
        asked,
        raw: pty.write,
        hang() {
          hung = true
        },
        unplug() {
          if (!plugged.delete(stick)) return
          for (const name of names) unlinkSync(at(name))
          pty.close()
        },
      }
      plugged.add(stick)
      return stick
    },
    close() {
      for (const stick of [...plugged]) stick.unplug()
      rmSync(dev, { recursive: true })
    },
  }
}

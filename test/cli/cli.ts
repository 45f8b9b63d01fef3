import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { spawn as spawnOnTerminal } from 'node-pty'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { configIn } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/program.ts'
import type { Config } from '../../src/config.ts'
import { createKekFile } from '../../src/store/meters/kek.ts'
import { program } from '../support/compiled.ts'

/** The key of these tests. No command may ever put it out, in any spelling. */
export const KEY = 'C2E387277E39C9D821F3B05E1616F87C'
export const KEY_CHECK = '6E71B0'

export interface Result {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Of the key, as a text in capitals without separators. */
const SPELLINGS = ((bytes) => [KEY, bytes.toString('base64').toUpperCase(), [...bytes].join(','), KEY.slice(0, 16), KEY.slice(16)])(
  Buffer.from(KEY, 'hex'),
)

/** A result, in which the key is not to be seen. */
const checked = (result: Result): Result => {
  const said = `${result.stdout}\n${result.stderr}`.toUpperCase().replace(/[ :-]/g, '')
  for (const spelling of SPELLINGS) expect(said).not.toContain(spelling)
  return result
}

/** A directory with a configuration, a key-encryption key and no state yet; anew for each test. */
export const trial = (): {
  readonly directory: string
  readonly file: string
  config(): Config
  write(name: string, content: string | Uint8Array): string
} => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'varmesky-cli-'))
    writeFileSync(join(directory, 'varmesky.yaml'), 'gateway: box\nstateDirectory: state\nruntimeDirectory: .\nkekFile: ./kek\n')
    createKekFile(join(directory, 'kek'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))
  return {
    get directory() {
      return directory
    },
    get file() {
      return join(directory, 'varmesky.yaml')
    },
    config() {
      return configIn(this.file)
    },
    write(name, content) {
      writeFileSync(join(directory, name), content)
      return join(directory, name)
    },
  }
}

/** Runs a command in this process: what it does is real, only its output is caught. */
export const here = async (...args: string[]): Promise<Result> => {
  const caught = (stream: NodeJS.WriteStream): (() => string) => {
    const parts: string[] = []
    const spy = vi.spyOn(stream, 'write').mockImplementation((part) => parts.push(String(part)) > 0)
    return () => {
      spy.mockRestore()
      return parts.join('')
    }
  }
  const stdout = caught(process.stdout)
  const stderr = caught(process.stderr)
  const status = await runCommand(args)
  return checked({ status, stdout: stdout(), stderr: stderr() })
}

export interface ChildOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Another user, without any other groups. Needs root. */
  readonly as?: { readonly uid: number; readonly gid: number }
}

/** Runs the program as a shell would. */
export const child = async (args: readonly string[], { input = '', env = {}, as }: ChildOptions = {}): Promise<Result> => {
  const node = [process.execPath, program(), ...args]
  const [command, ...rest] = as ? ['setpriv', '--reuid', String(as.uid), '--regid', String(as.gid), '--clear-groups', ...node] : node
  const running = spawn(command!, rest, { env: { PATH: process.env['PATH'], ...env } })
  running.stdin.end(input)
  const [stdout, stderr, status] = await Promise.all([
    text(running.stdout),
    text(running.stderr),
    new Promise<number>((ended) => running.on('close', (code) => ended(code ?? -1))),
  ])
  return checked({ status, stdout, stderr })
}

/** Runs the program on a terminal and types an answer each time it asks for one. */
export const onTerminal = async (
  args: readonly string[],
  answers: readonly (readonly [asked: string, typed: string])[],
): Promise<Result> => {
  const waiting = [...answers]
  let output = ''
  let seen = 0
  const terminal = spawnOnTerminal(process.execPath, [program(), ...args], { cols: 160 })
  terminal.onData((part) => {
    output += part
    const [next] = waiting
    const at = next === undefined ? -1 : output.indexOf(next[0], seen)
    if (at < 0) return
    seen = at + next![0].length
    waiting.shift()
    terminal.write(`${next![1]}\r`)
  })
  const status = await new Promise<number>((ended) => terminal.onExit(({ exitCode }) => ended(exitCode)))
  return checked({ status, stdout: output, stderr: '' })
}

/** Everything below a directory, as one text: for what must not be in any file. */
export const contents = (...files: string[]): string => files.map((file) => readFileSync(file, 'latin1')).join('')

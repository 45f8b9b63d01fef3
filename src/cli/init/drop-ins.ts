/** What the unit must be granted beyond its own directories and serial ports, as the configuration asks for it: files below varmesky.service.d. */
import { isIP } from 'node:net'
import { sep } from 'node:path'
import type { Config } from '../../config.ts'

export interface DropIn {
  readonly file: string
  readonly text: string
}

/** The addresses of a host, none where it cannot be found now. */
export type Resolve = (host: string) => Promise<readonly string[]>

const MADE =
  '# Made by "varmesky init" from the configuration: run it again after a change there. What you write yourself belongs into another file.'
/** Whether a file is ours to write again. */
export const isMadeByInit = (text: string): boolean => text.startsWith(MADE)

const dropIn = (name: string, lines: readonly string[]): readonly DropIn[] =>
  lines.length === 0 ? [] : [{ file: `init-${name}.conf`, text: `${[MADE, '[Service]', ...new Set(lines)].join('\n')}\n` }]

const LOCAL = /^(?:localhost|127\.|::1$)/

/** Hosts that are spoken to, without those of this machine. */
export const hostsOf = ({ mqtt, http, receivers }: Config): readonly string[] => {
  const urls = [mqtt?.url, http?.url, ...receivers.map(({ at }) => at).filter((at) => /^(?:tcp|mqtts?):\/\//i.test(at))]
  const hosts = urls.filter((url) => url !== undefined).map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''))
  return [...new Set(hosts)].filter((host) => host !== '' && !LOCAL.test(host))
}

/** Directories outside the unit's own that it must read or write. */
const directoriesOf = ({ csv, sms, stateDirectory }: Config): readonly string[] =>
  [csv?.directory, sms?.spool?.directory].filter(
    (directory) => directory !== undefined && !`${directory}${sep}`.startsWith(`${stateDirectory}${sep}`),
  ) as string[]

/** Where the unit lets nobody look: without what is shared from there. */
const HIDDEN = ['/boot', '/root', '/mnt', '/media', '/srv']

const shared = (directories: readonly string[]): readonly string[] => {
  if (directories.length === 0) return []
  const hidden = HIDDEN.filter((top) => !directories.some((directory) => directory.startsWith(`${top}/`)))
  return [
    ...(hidden.length < HIDDEN.length ? ['InaccessiblePaths=', ...hidden.map((top) => `InaccessiblePaths=-${top}`)] : []),
    ...directories.flatMap((directory) => [`BindPaths=${directory}`, `NoExecPaths=${directory}`]),
  ]
}

const PORT = /:(\d{1,5})$/
const binds = ({ metrics, receivers }: Config): readonly string[] => [
  ...(metrics ? [`SocketBindAllow=tcp:${PORT.exec(metrics.listen)?.[1]}`] : []),
  ...receivers.flatMap(({ at }) => {
    const [, way] = /^(tcp-listen|udp):/i.exec(at) ?? []
    return way ? [`SocketBindAllow=${way === 'udp' ? 'udp' : 'tcp'}:${PORT.exec(at)?.[1]}`] : []
  }),
]

/** A program such as rtl_433, which the unit may start, and the SDR stick it uses (major 189 is USB). */
const PROGRAM = ['ExecPaths=/usr/bin /bin /usr/local/bin', 'DeviceAllow=char-189 rw', 'SupplementaryGroups=dialout plugdev']

/**
 * One file per reason, none where nothing is needed. `unknown` are hosts that could not be found: without their address they cannot
 * be reached.
 * @param nameServers their addresses are granted where a host has a name
 */
export async function dropInsOf(
  config: Config,
  resolve: Resolve,
  nameServers: readonly string[],
): Promise<{ readonly dropIns: readonly DropIn[]; readonly unknown: readonly string[] }> {
  const hosts = await Promise.all(hostsOf(config).map(async (host) => ({ host, addresses: isIP(host) ? [host] : await resolve(host) })))
  const named = hosts.some(({ host }) => !isIP(host))
  const allowed = [...hosts.flatMap(({ addresses }) => addresses), ...(named ? nameServers : [])].filter((address) => !LOCAL.test(address))
  const isSpawned = config.receivers.some(({ at }) => at.startsWith('exec:'))
  return {
    dropIns: [
      ...dropIn('network', [...allowed.map((address) => `IPAddressAllow=${address}`), ...binds(config)]),
      ...dropIn('sdr', isSpawned ? PROGRAM : []),
      ...dropIn('directories', shared(directoriesOf(config))),
    ],
    unknown: hosts.filter(({ addresses }) => addresses.length === 0).map(({ host }) => host),
  }
}

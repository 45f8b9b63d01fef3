import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Tests with certificates name themselves so, and are skipped where the command that makes them is missing. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0
export const tlsTitle = hasOpenssl ? 'TLS' : 'TLS (skipped: no openssl command)'

export interface Certificates {
  readonly ca: string
  /** For a broker on loopback. */
  readonly broker: Pair
  /** For the same, run out. */
  readonly expired: Pair
  /** For a broker somewhere else. */
  readonly elsewhere: Pair
  readonly gateway: Pair
  remove(): Promise<void>
}

export interface Pair {
  readonly cert: string
  readonly key: string
}

/** An authority of our own and what it signed, as PEM files made by the openssl command. */
export const makeCertificates = async (): Promise<Certificates> => {
  const directory = await mkdtemp(join(tmpdir(), 'varmesky-tls-'))
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority')
  const sign = async (name: string, host: string, days = '2'): Promise<Pair> => {
    await writeFile(join(directory, 'host'), `subjectAltName=${host}`)
    await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial']
    await openssl('x509', '-req', '-in', `${name}.csr`, ...authority, '-out', `${name}.pem`, '-days', days, '-extfile', 'host')
    return { cert: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) }
  }
  return {
    ca: join(directory, 'ca.pem'),
    broker: await sign('broker', 'IP:127.0.0.1'),
    expired: await sign('expired', 'IP:127.0.0.1', '0'),
    elsewhere: await sign('elsewhere', 'DNS:broker.example'),
    gateway: await sign('gateway', 'DNS:gateway.example'),
    remove: () => rm(directory, { recursive: true }),
  }
}

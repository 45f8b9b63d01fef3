import { createServer } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Aedes } from 'aedes'

export interface AedesBroker {
  readonly port: number
  stop(): Promise<void>
}

/** A broker in this process that speaks MQTT 3.1.1 and nothing else; on the port given or a free one, with TLS if told how. */
export const startAedes = async ({ port = 0, tls }: { port?: number; tls?: TlsOptions } = {}): Promise<AedesBroker> => {
  const aedes = await Aedes.createBroker()
  const server = tls === undefined ? createServer(aedes.handle) : createTlsServer(tls, aedes.handle)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return {
    port: address.port,
    async stop() {
      await new Promise<void>((resolve) => aedes.close(resolve))
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

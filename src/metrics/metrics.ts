/** The page that Prometheus reads: what `varmesky status` tells, as numbers, and how the process does. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { GatewayStatus } from '../control/status.ts'
import type { Log } from '../log.ts'
import { METRICS, type Metric } from './table.ts'

export interface MetricsOptions {
  /** `127.0.0.1:9464`. */
  readonly listen: string
  status(): GatewayStatus
  readonly log: Log
}

/** The finest step of the event loop's delay: finer ones wake an idle box more often than its radio does. */
const LOOP_STEP_MS = 100
const MOST_CONNECTIONS = 8

/**
 * Serves `GET /metrics`; the result ends it. Where the port is taken, that is logged and the gateway goes on without: figures are not
 * worth a day's readings. Never rejects.
 */
export async function serveMetrics({ listen, status, log }: MetricsOptions): Promise<() => Promise<void>> {
  const page = pageOf(status)
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return answer(response, 404, 'only /metrics is here\n')
    if (request.method !== 'GET') return answer(response, 405, 'only GET\n')
    page.text().then(
      (text) => answer(response, 200, text, page.type),
      (err) => {
        log.error({ err }, 'the metrics could not be made')
        answer(response, 500, 'the metrics could not be made: see the log\n')
      },
    )
  })
  server.maxConnections = MOST_CONNECTIONS
  try {
    await listening(server, listen)
    server.on('error', (err) => log.error({ err }, 'the metrics server'))
    const { port } = server.address() as AddressInfo
    log.info({ url: `http://${listen.replace(/\d+$/, String(port))}/metrics` }, 'metrics for Prometheus')
  } catch (err) {
    log.error({ err, listen }, 'no metrics: the port cannot be had; is it in use, or does the unit not allow it (docs/metrics.md)?')
  }
  return () =>
    new Promise((closed) => {
      page.end()
      server.close(() => closed())
      server.closeAllConnections()
    })
}

const listening = (server: Server, listen: string): Promise<void> =>
  new Promise((done, failed) => {
    const colon = listen.lastIndexOf(':')
    const host = listen.slice(0, colon).replace(/^\[|\]$/g, '')
    server.once('error', failed)
    server.listen(Number(listen.slice(colon + 1)), host, () => {
      server.off('error', failed)
      done()
    })
  })

const answer = (response: ServerResponse, code: number, text: string, type = 'text/plain; charset=utf-8'): void => {
  response.writeHead(code, { 'content-type': type }).end(text)
}

/** Filled anew at every scrape, all from one status: nothing is counted twice, and a receiver that is gone leaves no figure behind. */
function pageOf(status: () => GatewayStatus) {
  const registry = new Registry()
  const shown = METRICS.map((metric) => [metric, shownAs(metric, registry)] as const)
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_STEP_MS })
  return {
    type: registry.contentType,
    end: () => registry.clear(),
    async text(): Promise<string> {
      const present = status()
      for (const [metric, figure] of shown) {
        figure.reset()
        // One without labels is 0 after a reset: where nothing can be told, it must be absent.
        figure.remove({})
        for (const { value, labels } of metric.samples(present)) figure.inc({ ...labels }, value)
      }
      return registry.metrics()
    },
  }
}

function shownAs({ name, help, type, labels = [] }: Metric, registry: Registry): Counter | Gauge {
  const options = { name, help, labelNames: [...labels], registers: [registry] }
  return type === 'counter' ? new Counter(options) : new Gauge(options)
}

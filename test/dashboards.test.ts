import { readFileSync } from 'node:fs'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { METRICS } from '../src/metrics/table.ts'

const dashboard = JSON.parse(readFileSync('config/grafana-dashboard.json', 'utf8'))
const rules: { alert: string; expr: string; annotations: { try: string } }[] = parse(readFileSync('config/prometheus-alerts.yml', 'utf8'))
  .groups[0].rules

const registry = new Registry()
collectDefaultMetrics({ register: registry })
const known = new Set([...METRICS.map(({ name }) => name), ...registry.getMetricsAsArray().map(({ name }) => name)])
/** Labels Prometheus adds by itself. */
const ADDED = ['instance', 'job']
const labels = new Map(METRICS.map(({ name, labels = [] }) => [name, [...labels, ...ADDED] as string[]]))

const problems = (expr: string): readonly string[] => [
  ...(expr.match(/\b(?:varmesky|process|nodejs)_\w+/g) ?? ['no metric']).filter((name) => !known.has(name)),
  ...[...expr.matchAll(/(varmesky_\w+)\{([^}]*)\}/g)].flatMap(([, name, selector]) =>
    [...selector!.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)].map(([, label]) => label!).filter((label) => !labels.get(name!)?.includes(label)),
  ),
]

describe('every metric and label exists', () => {
  const targets = dashboard.panels.flatMap((panel: { title: string; targets: { expr: string }[] }) =>
    panel.targets.map(({ expr }) => [panel.title, expr]),
  ) as [string, string][]
  test.each(targets)('on the dashboard: %s', (_, expr) => expect(problems(expr)).toEqual([]))
  test.each(rules.map(({ alert, expr }) => [alert, expr]))('in the rule %s', (_, expr) => expect(problems(expr!)).toEqual([]))

  test('and one that does not would be found', () => {
    expect(problems('varmesky_nothing{instance="x"} > 0')).toContain('varmesky_nothing')
    expect(problems('varmesky_sink_messages{queues="x"}')).toEqual(['queues'])
  })
})

test('panels have ids of their own and do not overlap; the rules are those of docs/metrics.md', () => {
  const { panels } = dashboard
  expect(new Set(panels.map(({ id }: { id: number }) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  const page = readFileSync('docs/metrics.md', 'utf8')
  for (const { alert, expr } of rules) expect(page, alert).toContain(expr.split(' or ')[0]!)
})

import { stripVTControlCharacters } from 'node:util'

const CHARACTER = 8.4
const LINE = 19
const SIZE = 14
const MARGIN = 18
const TITLE_BAR = 36
const COLOURS = { background: '#0d1117', frame: '#30363d', text: '#c9d1d9', bold: '#f0f6fc', dim: '#7d8590' }
/** Terminal styles, by the number that switches them on. */
const STYLES: Readonly<Record<string, string>> = { 1: 'b', 2: 'd', 31: 'r', 32: 'g', 33: 'y', 36: 'c' }
const CSS = [
  `text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:${SIZE}px;fill:${COLOURS.text};white-space:pre}`,
  `.b{fill:${COLOURS.bold};font-weight:600}.d{fill:${COLOURS.dim}}`,
  '.r{fill:#ff7b72}.g{fill:#3fb950}.y{fill:#d29922}.c{fill:#58a6ff}',
].join('')

/** A terminal window as SVG: each line as a terminal would show it, every word in its own column whatever the font. */
export function picture(title: string, lines: readonly string[]): string {
  const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length))
  const width = Math.ceil(columns * CHARACTER + 2 * MARGIN)
  const height = TITLE_BAR + lines.length * LINE + MARGIN
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map((fill, i) => `<circle cx="${MARGIN + 4 + 20 * i}" cy="18" r="6" fill="${fill}"/>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>${CSS}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${COLOURS.background}" stroke="${COLOURS.frame}"/>`,
    ...dots,
    `<text class="d" x="${width / 2}" y="23" text-anchor="middle">${title}</text>`,
    ...lines.map((line, i) => textOf(line, TITLE_BAR + (i + 1) * LINE)).filter((text) => text !== ''),
    '</svg>',
    '',
  ].join('\n')
}

const STYLE = new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`)
const WORDS = /\S+(?: \S+)*/g

function textOf(line: string, y: number): string {
  let column = 0
  let style: string | undefined
  const spans: string[] = []
  // Even parts are text, odd ones the numbers of the styles between them.
  for (const [i, part] of line.split(STYLE).entries()) {
    if (i % 2 === 1) style = STYLES[part]
    else {
      for (const { 0: words, index } of part.matchAll(WORDS)) spans.push(span(words, column + index, style))
      column += part.length
    }
  }
  return spans.length === 0 ? '' : `<text y="${y}">${spans.join('')}</text>`
}

function span(words: string, column: number, style: string | undefined): string {
  const x = (MARGIN + column * CHARACTER).toFixed(1)
  const length = (words.length * CHARACTER).toFixed(1)
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<tspan x="${x}" textLength="${length}"${style === undefined ? '' : ` class="${style}"`}>${escaped}</tspan>`
}

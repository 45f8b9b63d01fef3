import { z } from 'zod'

const text = (what: string) => z.string().min(1, `must be ${what}`)

const column = z.strictObject({
  name: text('the heading of the column'),
  value: z
    .string()
    .regex(/^[a-z]\w*(?:\.\w+)*$/i, 'must be a place in the reading: meter.id, day, registers.energy, registers.energy.unit, quality.flags')
    .describe('A place in the reading: meter.id, day, registers.energy, registers.energy.unit, quality.flags'),
  unit: text('a unit such as kWh').exactOptional().describe('Written in this unit, of the family the meter sends (kWh, MWh; MJ, GJ)'),
})

/** One CSV file per day in a drop directory. */
export const csv = z.strictObject({
  directory: text('a path').describe('Where the files appear, each whole'),
  style: z.enum(['plain', 'danish']).default('plain').describe('danish: ";", decimal comma, dd-mm-yyyy, UTF-8 with BOM, Danish headings'),
  separator: z.enum([',', ';', '\t', '|']).exactOptional(),
  decimal: z.enum(['.', ',']).exactOptional(),
  date: z.enum(['yyyy-mm-dd', 'dd-mm-yyyy']).exactOptional(),
  encoding: z.enum(['utf-8', 'utf-8-bom', 'latin1']).exactOptional(),
  columns: z.array(column).min(1, 'must have a column; leave it out for those of the style').exactOptional(),
})

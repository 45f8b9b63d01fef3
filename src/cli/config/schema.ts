import { jsonSchema } from '../../config/schema.ts'
import type { Attach } from '../command.ts'
import { printJson } from '../output.ts'

export const configSchema: Attach = (parent) =>
  void parent
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .action(() => printJson(jsonSchema()))

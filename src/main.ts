#!/usr/bin/env node
import { runCommand } from './cli/program.ts'

// Whoever reads may have enough before we have said everything: `varmesky meters list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

process.exitCode = await runCommand(process.argv.slice(2))

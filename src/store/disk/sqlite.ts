import { createRequire } from 'node:module'
import type Database from 'better-sqlite3'

/**
 * better-sqlite3, in the release that fits this Node. Node 24.19 and later end the process when they collect a statement of
 * release 12 (its objects are `node::ObjectWrap`s, whose destructor now wants a running context); release 13 is built on
 * Node-API and needs Node 22. docs/adr/0002-libraries.md.
 */
const name = Number.parseInt(process.versions.node, 10) >= 22 ? 'better-sqlite3-napi' : 'better-sqlite3'

export const Sqlite: typeof Database = createRequire(import.meta.url)(name)

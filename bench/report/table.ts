// The command line of the engine prints tables, too.
export { percent, short, table, type Column } from '../../src/core/table';

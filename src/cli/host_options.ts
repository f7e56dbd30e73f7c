import type { Command } from 'commander';
import { choice, filled } from './option_values';

/** What commands have in common that compute and answer. */
export interface Answering {
  /** JSON, a line each, in place of text. */
  readonly json: boolean;
  /** Prints no progress. */
  readonly quiet: boolean;
  /** The browser's executable; default: one is found or installed. */
  readonly browser?: string;
  readonly host?: 'chrome' | 'node';
}

/**
 * Adds the options that say who computes.
 * @param work what is done there: `train`
 */
export const withHost = (command: Command, work: string): Command =>
  command
    .option(
      '--browser <path>',
      'Chrome or Chromium (default: found, else installed)',
      filled('--browser', 'a path'),
    )
    .option(
      '--host <name>',
      `chrome: ${work} in a browser; node: on Dawn in Node, which the package webgpu brings; pictures are then decoded by ` +
        'the package sharp (default: chrome, or node where webgpu is installed and no browser with WebGPU)',
      choice('--host', ['chrome', 'node']),
    );

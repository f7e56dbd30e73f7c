import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Judged } from '../../app/events';
import type { LossHistory } from '../../app/history';
import { historyOf } from '../../app/report_data';
import { messageOf } from '../../core/check';
import { FormatError, ValueError } from '../../core/errors';
import type { RunSettings } from '../../train/presets';
import { readLines, readLog } from '../run_log';

/** What the folder of a run tells. */
export interface RunRecord {
  readonly path: string;
  readonly history: LossHistory;
  readonly judged: readonly Judged[];
  readonly adapter: string;
  readonly settings: RunSettings;
  /** Share of the held-out pictures that were right at its end. */
  readonly accuracy: number | undefined;
}

/** @throws {ValueError} for what is no folder of a run; {FormatError} for a damaged one */
export function readRun(path: string): RunRecord {
  const file = join(path, 'settings.json');
  if (!existsSync(file)) {
    const advice = 'name the folder of a run that has begun, such as runs/first';
    throw new ValueError('compare', 'is not the folder of a run', path, advice);
  }
  const { settings, adapter, result } = parsed(file);
  const text = (name: string): string => {
    const log = join(path, name);
    return existsSync(log) ? readFileSync(log, 'utf8') : '';
  };
  const { correct, classified } = result ?? {};
  return {
    path,
    history: historyOf(readLog(text('log.jsonl'), Infinity)),
    judged: readLines<Judged>(text('judged.jsonl')),
    ...{ settings, adapter },
    accuracy: correct === undefined ? undefined : correct / (classified ?? NaN),
  };
}

interface SettingsFile extends Pick<RunRecord, 'settings' | 'adapter'> {
  readonly result?: { readonly correct?: number; readonly classified?: number };
}

function parsed(file: string): SettingsFile {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<SettingsFile> | null;
    if (typeof found?.settings === 'object') return found as SettingsFile;
  } catch (cause) {
    throw new FormatError(file, 'is damaged', messageOf(cause), undefined, { cause });
  }
  throw new FormatError(file, 'has no settings of a run');
}

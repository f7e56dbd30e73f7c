import { EngineError } from '../core/errors';

/** Results cannot be written, or would replace others. */
export class OutputError extends EngineError {
  override readonly name: string = 'OutputError';
}

// What a page and its workers tell each other.
import { messageOf } from '../../core/check';
import { EngineError, FormatError, ValueError } from '../../core/errors';
import type { DecodedPicture, DecodeOptions } from '../picture';

export interface Task {
  readonly id: number;
  readonly file: Blob | Uint8Array<ArrayBuffer>;
  readonly options: DecodeOptions;
}

export interface Answer {
  readonly id: number;
  readonly picture?: DecodedPicture;
  readonly failure?: Failure;
}

/** An error, whose class a message would lose. */
export interface Failure {
  readonly name: string;
  readonly parts: ConstructorParameters<typeof EngineError>;
}

const CLASSES = [FormatError, ValueError];

export function failureOf(error: unknown): Failure {
  if (!(error instanceof EngineError)) return { name: 'Error', parts: ['picture', messageOf(error)] };
  const { name, where, problem, got, advice } = error;
  return { name, parts: [where, problem, got, advice] };
}

export function errorOf({ name, parts }: Failure): EngineError {
  const Class = CLASSES.find((each) => each.name === name) ?? EngineError;
  return new Class(...parts);
}

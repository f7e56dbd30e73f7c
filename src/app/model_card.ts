// What a weights file says of the network that it belongs to, so that it can classify by itself.
import { FormatError } from '../core/errors';
import type { Rgb } from '../lowering/colours';

/** A network as this project's command line trains them. */
export interface ModelCard {
  readonly classes: readonly string[];
  /** Height and width of the images. */
  readonly size: number;
  /** Share of Table 1's channels. */
  readonly width: number;
  /** How colours are normalised. */
  readonly mean: Rgb;
  readonly deviation: Rgb;
}

/** As strings of a weights file's metadata. */
export const writeCard = (card: ModelCard): Readonly<Record<string, string>> => ({
  card: JSON.stringify(card),
});

/**
 * @param where names the file in errors
 * @throws {FormatError} for a file that no run of the command line wrote
 */
export function readCard(where: string, { card }: Readonly<Record<string, string>>): ModelCard {
  if (card === undefined) {
    const advice = 'give the folder of a run, or the weights.safetensors in it';
    throw new FormatError(
      where,
      'does not say which network it belongs to',
      'weights without a card',
      advice,
    );
  }
  const { classes, size, width, mean, deviation } = parsed(card);
  const three = (value: unknown): boolean =>
    Array.isArray(value) && value.length === 3 && value.every((each) => typeof each === 'number');
  const whole =
    Array.isArray(classes) && classes.length > 0 && classes.every((name) => typeof name === 'string');
  if (!whole || typeof size !== 'number' || typeof width !== 'number' || !three(mean) || !three(deviation))
    throw new FormatError(where, 'its card is damaged', card);
  return { classes, size, width, mean, deviation } as ModelCard;
}

/** Without fields where it is no object as JSON. */
function parsed(card: string): Partial<Record<keyof ModelCard, unknown>> {
  try {
    return (JSON.parse(card) as object | null) ?? {};
  } catch {
    return {};
  }
}

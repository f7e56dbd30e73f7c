import { calibrationOf, confusionOf, perClass, type Judgement } from '../app/metrics';
import type { Recorder } from './recorder';

/** What `--json` prints of an evaluation; `top5` is null where there are five classes or fewer. */
export function judgementResult(evaluation: Judgement) {
  const { correct, count, amongFive, loss, classes } = evaluation;
  return {
    accuracy: correct / count,
    top5: classes.length > 5 ? amongFive / count : null,
    loss,
    count,
    classes,
    perClass: perClass(evaluation),
    confusion: confusionOf(evaluation),
    calibration: calibrationOf(evaluation),
  };
}

/** Of a training run; without an evaluation where it ended before one. */
export const resultOf = ({ evaluation, history }: Recorder) => ({
  ...(evaluation && judgementResult(evaluation)),
  steps: history.done,
});

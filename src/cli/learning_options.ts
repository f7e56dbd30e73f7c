import type { Command } from 'commander';
import { OPTIMIZERS } from '../optim/registry';
import { PRESETS } from '../train/presets';
import { AVERAGES, EPOCHS_A_STEP, RECIPES } from '../train/recipes';
import { DECAYS } from '../train/schedule';
import { choice, each, filled, fraction, orZero, rateOf, share, whole } from './option_values';

/** Adds the options that say how a run learns: its recipe and parts of it, and the weights that it begins with. */
export function withLearning(command: Command): Command {
  const { table1, small } = PRESETS;
  return command
    .option(
      '--recipe <name>',
      'a way to train, of which the options below change single parts; adam: rises for 10 steps, then falls in a straight ' +
        `line in small; paper: sgd, 4 % less every ${EPOCHS_A_STEP} epochs, the mean of the weights; caffe: sgd, ` +
        `polynomial, decay ${RECIPES.caffe.weightDecay}, biases at twice the rate without decay; adamw: along a cosine ` +
        '(default: adam)',
      choice('--recipe', Object.keys(RECIPES)),
    )
    .option(
      '--optimizer <name>',
      `${Object.keys(OPTIMIZERS).join(', ')}; sgd has momentum 0.9 (default: adam)`,
      choice('--optimizer', Object.keys(OPTIMIZERS)),
    )
    .option(
      '--rate <x>',
      `learning rate (default: ${table1.rates.adam} with adam and adamw in table1, ${small.rates.adam} in small; ` +
        `${table1.rates.sgd} and ${small.rates.sgd} with sgd, ${RECIPES.caffe.rate} and ${RECIPES.caffe.rate * small.part} with the recipes paper and caffe; others have their own)`,
      fraction('--rate', 10),
    )
    .option(
      '--decay <how>',
      `how the rate falls after the warm-up, to 0 at the last step; step: 4 % every ${EPOCHS_A_STEP} epochs; polynomial: ` +
        'as the square root of what is left; one-cycle: rises for 0.3 of the steps; none: it stays',
      choice('--decay', DECAYS),
    )
    .option(
      '--find-rate',
      'learn nothing, but find a rate: it rises from 1e-6 to 1 in 100 steps (--steps) until the loss grows without end; ' +
        'the suggested one is a tenth of where the loss is least, as rates.svg shows',
    )
    .option('--warmup <steps>', 'in which the rate rises', whole('--warmup', 0, 1e6))
    .option(
      '--weight-decay <x>',
      "of each step (default: the optimizer's own: 0.01 with adamw, else 0)",
      orZero('--weight-decay', 1),
    )
    .option(
      '--average <how>',
      'of the weights, in the second half of the run: equal, their mean, or exponential, of which the last tenth counts most; ' +
        'it is handed over as weights.safetensors, and the weights themselves as weights-raw.safetensors (default: none)',
      choice('--average', AVERAGES),
    )
    .option(
      '--smoothing <share>',
      "of each picture's target that is spread over all classes, such as 0.1 (default: 0)",
      share('--smoothing', (given) => given < 1, 'from 0 to below 1'),
    )
    .option('--balance', 'let each class count the same, however many pictures it has')
    .option(
      '--from <weights>',
      'begin with the weights of a run (its folder) or of a file with their names; width and size are theirs, and for other ' +
        'classes the last layers begin anew',
      filled('--from', 'the folder of a run, or a file of weights'),
    )
    .option(
      '--unfreeze-after <steps>',
      'with --from: until then train only what is new',
      whole('--unfreeze-after', 1, 1e6),
    )
    .option(
      '--freeze <pattern>',
      'leave weights as they are, such as "inception3*" or conv1.weight; may be given several times',
      each(filled('--freeze', 'a pattern')),
    )
    .option(
      '--rate-of <pattern=x>',
      'a factor on the rate of some weights, such as "linear5.*=10"; may be given several times',
      each(rateOf('--rate-of')),
    );
}

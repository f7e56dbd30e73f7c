import { requireObject } from '../core/check';
import { table, type Column } from '../text/table';
import type { Diagnosis, Finding } from './diagnose';
import { failedKernels } from './exclude';

/** Checks that are right but nearest to their bound, to see how near. */
const SHOWN_RIGHT = 3;
/** A driver's message may go on for pages. */
const LONGEST_REASON = 800;

/**
 * The diagnosis as text to paste into a bug report.
 * @throws {ValueError} unless it is given a diagnosis
 */
export function diagnosisText(diagnosis: Diagnosis): string {
  requireObject('diagnosisText', 'the diagnosis', diagnosis, ['findings', 'notRun']);
  const { findings, notRun, lostAt } = diagnosis;
  const failed = findings.filter(({ ok }) => !ok);
  const wrong = failed.filter(({ refused }) => refused === undefined);
  const refused = failed.filter((finding) => finding.refused !== undefined);
  const right = findings.filter(({ ok }) => ok).sort((a, b) => share(b) - share(a));
  return [
    headline(diagnosis),
    '',
    ...adapterLines(diagnosis),
    ...section('Wrong:', wrong),
    ...(refused.length > 0 ? ['', 'Refused, or not finished:', ...refused.map(refusal)] : []),
    ...(lostAt === undefined ? [] : ['', `The GPU was lost at ${lostAt}; nothing after it was run.`]),
    ...section('Right, nearest to the bound:', right.slice(0, SHOWN_RIGHT)),
    ...(notRun.length > 0 ? ['', `Not run, since this adapter cannot: ${notRun.join(', ')}`] : []),
    '',
    counts(diagnosis, right.length, wrong.length, refused.length),
    ...wayOut(failedKernels(diagnosis)),
  ].join('\n');
}

/** What to do meanwhile, where it is kernels that others can stand in for. */
const wayOut = (kernels: readonly string[]): string[] =>
  kernels.length === 0
    ? []
    : [
        '',
        `To train without what failed: npm start -- ${kernels.map((kernel) => `--exclude "${kernel}"`).join(' ')}`,
        `In a program: withoutKernels(engine, [${kernels.map((kernel) => `'${kernel}'`).join(', ')}])`,
      ];

function headline({ ok, only, adapter: { version, name } }: Diagnosis): string {
  const verdict = ok ? 'computes what it should' : 'does NOT compute what it should';
  const part = only === undefined ? '' : ` in ${only}; nothing else was checked`;
  return `inception-webgpu ${version}: ${name} ${verdict}${part}`;
}

function adapterLines({ adapter }: Diagnosis): string[] {
  const { info, software, subgroupSize, features, limits, userAgent } = adapter;
  const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = info;
  const parts = { vendor, architecture, device, description };
  const sizes = subgroupMinSize === undefined ? 'unknown' : `${subgroupMinSize} to ${subgroupMaxSize}`;
  const fields: readonly (readonly [string, string])[] = [
    ['adapter', listed(Object.entries(parts).map(([name, part]) => `${name} ${part || '-'}`))],
    ['kind', software ? 'software: computes on the CPU' : 'GPU'],
    ['subgroups', `${sizes}; ${subgroupSize === undefined ? 'not used' : `used as ${subgroupSize}`}`],
    ['features', listed(features)],
    ['limits', listed(Object.entries(limits).map(([name, limit]) => `${name} ${limit}`))],
    ['browser', userAgent],
  ];
  return fields.map(([name, value]) => `${name.padEnd(9)}  ${value}`);
}

const listed = (parts: readonly string[]): string => parts.join(', ') || 'none';

const figure = (value: number | undefined): string => value?.toExponential(1) ?? '-';

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'op', of: ({ op }) => op, align: 'left' },
  { title: 'direction', of: ({ direction }) => direction, align: 'left' },
  { title: 'kernel', of: ({ kernel }) => kernel ?? '-', align: 'left' },
  { title: 'error', of: ({ error }) => figure(error) },
  { title: 'allowed', of: ({ tolerance }) => figure(tolerance) },
  { title: 'wrong sums', of: ({ wrongSums }) => wrongSums?.join(' of ') ?? '-' },
  {
    title: 'tensor',
    of: ({ tensor, differs }) => `${tensor}${differs ? ' (differs from run to run)' : ''}`,
    align: 'left',
  },
  { title: 'case', of: ({ case: what }) => what, align: 'left' },
];

const section = (title: string, findings: readonly Finding[]): string[] =>
  findings.length === 0 ? [] : ['', title, table(COLUMNS, findings)];

function refusal({ op, direction, kernel, case: what, refused = '' }: Finding): string {
  const reason = refused.length > LONGEST_REASON ? `${refused.slice(0, LONGEST_REASON)} ...` : refused;
  const by = kernel === undefined ? '' : ` by ${kernel}`;
  return `- ${op} ${direction}${by}, ${what}: ${reason}`;
}

const share = ({ error = 0, tolerance }: Finding): number => (tolerance === 0 ? 0 : error / tolerance);

function counts({ findings, seconds }: Diagnosis, right: number, wrong: number, refused: number): string {
  const named = findings.flatMap(({ kernel, direction }) => (kernel ? [`${direction} ${kernel}`] : []));
  return (
    `${findings.length} checks, among them ${new Set(named).size} kernels for convolutions: ${right} right, ` +
    `${wrong} wrong, ${refused} refused; ${seconds.toFixed(0)} s`
  );
}

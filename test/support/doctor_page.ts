// The doctor's panel with a few quick checks. The page's address says what is to happen: `?wrong`, `?hold`.
import { DoctorPanel } from '../../src/app/doctor_panel';
import { allChecks } from '../../src/doctor/all_checks';
import type { Check } from '../../src/doctor/check';
import { runChecks } from '../../src/doctor/diagnose';

declare global {
  interface Window {
    /** Ends the check that waits, where the address has `?hold`. */
    goOn?: () => void;
  }
}

const COUNT = 3;

/** A driver that adds a hundredth to everything. */
const wrong = (check: Check): Check => ({
  ...check,
  async run(engine) {
    const runs = await check.run(engine);
    const [one, two] = runs.map((tensors) =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, values]) => [name, Array.from(values, (value) => value + 0.01)]),
      ),
    );
    return [one!, two!];
  },
});

const held = (check: Check): Check => ({
  ...check,
  async run(engine) {
    await new Promise<void>((resolve) => (window.goOn = resolve));
    return check.run(engine);
  },
});

const change = { '?wrong': wrong, '?hold': held }[location.search];

new DoctorPanel(document.getElementById('doctor') as HTMLElement, (engine, options) => {
  const others = allChecks(engine).filter(({ kernel }) => kernel === undefined);
  const [first, ...rest] = others.slice(0, COUNT) as [Check, ...Check[]];
  return runChecks(engine, [change ? change(first) : first, ...rest], options ?? {});
});

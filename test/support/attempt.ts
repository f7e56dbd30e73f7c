/** What each call throws, by what is wrong with it. */
export async function attempt(
  calls: Readonly<Record<string, () => unknown>>,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [what, call] of Object.entries(calls)) {
    try {
      await call();
      found[what] = 'no error';
    } catch (error) {
      found[what] = String(error);
    }
  }
  return found;
}

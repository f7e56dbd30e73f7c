/** @throws {Error}, which no reader may, where something that was accepted is wrong */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`accepted, but ${what}`);
}

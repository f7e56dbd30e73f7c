/** Milliseconds of the longest task that blocked the page since the call; 0 if none took 50. Undefined outside Chrome. */
export function watchLongTasks(): () => Promise<number | undefined> {
  const isThere = PerformanceObserver.supportedEntryTypes.includes('longtask');
  if (!isThere) return () => Promise.resolve(undefined);
  let longest = 0;
  const note = (entries: readonly PerformanceEntry[]): void => {
    for (const { duration } of entries) longest = Math.max(longest, duration);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'longtask' });
  return async () => {
    // The task under way counts, too, and is told of once it has ended.
    await new Promise((resolve) => setTimeout(resolve, 100));
    note(observer.takeRecords());
    observer.disconnect();
    return longest;
  };
}

import type { JobContext } from '../job';

/**
 * Runs a program, a module in JavaScript, and gives what it prints, line by line. Entries of the library are imported from
 * the sources that the page's server has.
 */
export async function runGuide(_context: JobContext, { code }: { readonly code: string }): Promise<string[]> {
  const printed: string[] = [];
  const { log } = console;
  console.log = (...words: readonly unknown[]) => void printed.push(words.map(String).join(' '));
  const absolute = code.replaceAll("from '/", `from '${origin}/`);
  const url = URL.createObjectURL(new Blob([absolute], { type: 'text/javascript' }));
  try {
    // By a script of the page: an `import()` here would go through the test server's transforms.
    const script = document.createElement('script');
    script.textContent = `window.guide = import('${url}')`;
    document.head.append(script);
    script.remove();
    await window.guide;
  } finally {
    console.log = log;
    URL.revokeObjectURL(url);
  }
  return printed;
}

declare global {
  interface Window {
    guide?: Promise<unknown>;
  }
}

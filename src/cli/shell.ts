/** A word of a command as it can be pasted into sh, or on Windows into cmd. */
export function shellWord(text: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') {
    // Backslashes before the closing quote would take it for a part of the word.
    return /^[\w@+:.\\/-]+$/.test(text) ? text : `"${text.replace(/\\+$/, '$&$&')}"`;
  }
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** @param folder its whole path */
export const resumeCommand = (folder: string): string => `npm start -- --resume ${shellWord(folder)}`;

// What stands in the guides: every Markdown file of the repository but the changelog.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Block {
  readonly file: string;
  readonly line: number;
  readonly language: string;
  /** What stands after the language: why a block is not run, or is in another language. */
  readonly reason: string;
  readonly text: string;
}

/** A `ts` block, with the `text` block right behind it, which is what it prints. */
export interface Part extends Block {
  readonly output?: Block;
}

export const GUIDES = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '' && file !== 'CHANGELOG.md')
  .sort();

const read = (file: string): Block[] => {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^```(\w*) ?(.*)\n([^]*?)^```$/gm)].map(
    ([, language = '', reason = '', inside = ''], index, all) => ({
      file,
      line: text.slice(0, all[index]?.index).split('\n').length,
      language,
      reason,
      text: inside,
    }),
  );
};

export const BLOCKS: readonly Block[] = GUIDES.flatMap(read);

const ENTRIES: Readonly<Record<string, string>> = {
  'inception-webgpu': '/src/index.ts',
  './inception-webgpu.min.js': '/src/index.ts',
  'inception-webgpu/doctor': '/src/doctor/index.ts',
  'inception-webgpu/node': '/src/node/index.ts',
  'inception-webgpu/data': '/src/data.ts',
  'inception-webgpu/data/node': '/src/data/node/index.ts',
  'inception-webgpu/explain': '/src/explain/index.ts',
  'inception-webgpu/op': '/src/op.ts',
  'inception-webgpu/shader': '/src/shader/index.ts',
  'inception-webgpu/vite': '/src/shader/vite.ts',
};

/** The program's imports, of the sources. */
export const withSources = (code: string): string =>
  code.replace(/(?<=from ')[^']*(?=')/g, (entry) =>
    entry.startsWith('./test/') ? `${entry.slice(1)}.ts` : (ENTRIES[entry] ?? entry),
  );

/** Blocks that show a part of a file of ours: `wgsl from shaders/relu.wgsl`. They are compared with it, not run. */
export const EXCERPTS = BLOCKS.filter(({ language, reason }) => language === 'wgsl' && reason !== '');

/** A file's programs: its `ts` blocks in order are one, a `wgsl` block is a constant `wgsl` in it; each `html` block's script is one. */
export function programsOf(file: string): readonly (readonly Part[])[] {
  const blocks = BLOCKS.filter((block) => block.file === file && !EXCERPTS.includes(block));
  const parts = blocks.flatMap((block, index): Part[] => {
    const next = blocks[index + 1];
    if (block.language === 'wgsl')
      return [{ ...block, text: `const wgsl = ${JSON.stringify(block.text)};\n` }];
    if (block.language !== 'ts') return [];
    return [{ ...block, ...(next?.language === 'text' && next.reason === '' && { output: next }) }];
  });
  const pages = blocks.flatMap((block, index): Part[] => {
    const next = blocks[index + 1];
    const [, text] = /<script type="module">\n([^]*?)<\/script>/.exec(block.text) ?? [];
    if (block.language !== 'html' || text === undefined) return [];
    return [{ ...block, text, ...(next?.language === 'text' && { output: next }) }];
  });
  return [parts, ...pages.map((page) => [page])].filter((program) =>
    program.some(({ language }) => language !== 'wgsl'),
  );
}

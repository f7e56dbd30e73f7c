import { readFileSync } from 'node:fs';
import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

// Folders of src/ (`index.ts` counts as one), lowest first, and the arrows that exist: what each may import besides itself.
// test/guards/imports.test.ts asks for no arrow more than is used, none upward and no circle of files.
const BELOW = JSON.parse(readFileSync(new URL('src/arrows.json', import.meta.url), 'utf8'));

const layers = Object.entries(BELOW).map(([folder, below]) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...below].map((name) => `./${name}`),
  message: `src/${folder} may import only ${below.join(', ') || 'nothing'}.`,
}));

const zones = [
  ...layers,
  { target: './src', from: ['./test', './bench'], message: 'src knows neither tests nor benchmarks.' },
  {
    target: Object.keys(BELOW)
      .filter((folder) => folder !== 'doctor')
      .map((folder) => (folder === 'ops' ? './src/ops/!(cases)' : `./src/${folder}`)),
    from: './src/ops/cases',
    message: 'The library does not carry the cases of its ops; the doctor, an entry of its own, does.',
  },
];

const oneReflector = {
  group: ['wgsl_reflect', 'wgsl_reflect/*'],
  message: 'Only src/shader/reflect.ts knows the parser.',
};

const COUNTED = 'createBuffer|createBindGroup|submit|writeBuffer';
/** What the engine counts goes through one file. */
const countedOnly = [`[object.name='device']`, `[object.property.name=/^(device|#device|queue)$/]`].map(
  (object) => ({
    selector: `CallExpression > MemberExpression[property.name=/^(${COUNTED})$/]${object}`,
    message: 'Use src/gpu/commands.ts, which counts.',
  }),
);

/** Types that share their name with a global of the DOM: a forgotten import would compile, and mean the other. */
const dom = readFileSync(new URL(import.meta.resolve('typescript/lib/lib.dom.d.ts')), 'utf8');
const domNames = [...dom.matchAll(/^declare var (\w+): \{$/gm)].map(([, name]) => name);
const ownNames = {
  selector: `:not(TSModuleBlock) > :matches(TSInterfaceDeclaration, TSTypeAliasDeclaration, ClassDeclaration)[id.name=/^(${domNames.join('|')})$/]`,
  message: 'The DOM has a global of this name.',
};

export default tseslint.config(
  { ignores: ['dist/', 'runs/', 'node_modules/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.mjs'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // A leading underscore says that a signature asks for what the function does not need.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'import-x/no-cycle': 'error',
      'import-x/no-self-import': 'error',
      'import-x/no-duplicates': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'no-restricted-imports': ['error', { patterns: [oneReflector] }],
      'no-restricted-syntax': ['error', ownNames],
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Loops over typed arrays read `a[i]!`: the bound is in the loop's head, and a test per element costs.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/gpu/commands.ts'],
    rules: { 'no-restricted-syntax': ['error', ownNames, ...countedOnly] },
  },
  {
    files: ['src/shader/reflect.ts', 'src/shader/wgsl_reflect.d.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    // An ambient module can name another file's type in no other way.
    files: ['src/wgsl.d.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        Buffer: 'readonly',
        console: 'readonly',
        module: 'writable',
        process: 'readonly',
        URL: 'readonly',
      },
    },
  },
);

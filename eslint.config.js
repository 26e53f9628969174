import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { kindsOfSource, rooms } from './eslint.rooms.js';

/** What a kind of source is, its object says: elsewhere nobody asks which one it is. */
const sourceName = `[value=/^(${kindsOfSource.join('|')})$/]`;
const kindsAreNotNamed = [
  `BinaryExpression:has(> MemberExpression[property.name=/^(source|kind)$/]) > Literal${sourceName}`,
  `BinaryExpression:has(> Identifier[name=source]) > Literal${sourceName}`,
  `SwitchCase > Literal${sourceName}`,
].map((selector) => ({ selector, message: 'ask the kind: src/source/source-kinds.ts' }));

/** Nor is one chosen by its name. */
const kindsAreNotChosen = [
  `Property[key.name=source] > Literal${sourceName}`,
  `MemberExpression[computed=true] Literal${sourceName}`,
  `CallExpression[callee.property.name=default] > Literal${sourceName}`,
].map((selector) => ({
  selector,
  message: 'where none is named: usualSource of src/source/source-settings.ts',
}));

/** Nor for what it was configured with. (The error log's section is not that of its kind, but every configuration's.) */
const sections = kindsOfSource.filter((name) => name !== 'error_log').join('|');
const sectionsAreNotNamed = [
  `Literal[value=/^(${sections})\\./]`,
  `MemberExpression[computed=false] > Identifier.property[name=/^(${sections})$/]`,
].map((selector) => ({ selector, message: 'a kind tells of its keys itself: src/source/source-kind.ts' }));
const outsideOfSources = [...kindsAreNotNamed, ...kindsAreNotChosen, ...sectionsAreNotNamed];
/** Make data for one kind of source, or stand in for it. */
const ofOneKind = ['src/{sandbox,generate}/**/*.ts', 'supervisor/commands/{generate,demo,sandbox}/**/*.ts'];
const writesAnywhere = {
  selector: "CallExpression[callee.property.name='write'][callee.object.property.name=/^std(out|err)$/]",
  message: 'writeForPeople, or writeDocument: nothing else knows what a terminal obeys.',
};

export default tseslint.config(
  { ignores: ['dist/**', 'dist-*/**', 'runs/**', 'node_modules/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['{src,child,supervisor,benchmarks}/**/*.ts'],
    plugins: { house: { rules: { rooms } } },
    rules: { 'house/rooms': 'error' },
  },
  // What is said last of a rule replaces what was said before.
  {
    files: ['src/**/*.ts', 'supervisor/**/*.ts', 'child/**/*.ts'],
    ignores: ['src/source/**'],
    rules: {
      'no-restricted-syntax': ['error', ...outsideOfSources],
    },
  },
  {
    files: ['supervisor/**/*.ts'],
    ignores: [
      'supervisor/main.ts',
      'supervisor/view/{write-for-people,live-region}.ts',
      'supervisor/commands/{check/check,completion/*,version/version}-command.ts',
      'supervisor/commands/completion/*.ts',
    ],
    rules: {
      'no-restricted-syntax': ['error', ...outsideOfSources, writesAnywhere],
    },
  },
  {
    files: ofOneKind,
    rules: {
      'no-restricted-syntax': [
        'error',
        // A configuration that is made for one kind says so.
        ...kindsAreNotNamed.filter(({ selector }) => !selector.startsWith('Property')),
        writesAnywhere,
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        ...['node:fs', 'node:fs/promises'].map((name) => ({
          name,
          importNames: ['mkdtemp', 'mkdtempSync', 'mkdtempDisposable', 'mkdtempDisposableSync'],
          message: 'newFolder of test/support/temporary-folder.ts: its names look like nothing else',
        })),
      ],
      // node:test collects the promises of test() and describe() itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] },
          ],
        },
      ],
    },
  },
);

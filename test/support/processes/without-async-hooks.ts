import asyncHooks from 'node:async_hooks';

/**
 * Loaded before a file of tests. Node's test runner follows every promise of a file, only to name the test of an error
 * that nobody awaited: what is all promises takes twice the time so. An error of that kind fails the file as well.
 */
const { createHook } = asyncHooks;
const noHook: asyncHooks.AsyncHook = { enable: () => noHook, disable: () => noHook };
Object.assign(asyncHooks, { createHook: () => noHook });
await import('node:test');
Object.assign(asyncHooks, { createHook });

import asyncHooks, { type AsyncResourceOptions, type HookCallbacks } from 'node:async_hooks';

/**
 * Loaded before a file of tests. Node's test runner follows every promise of a file, only to name the test of an error
 * that nobody awaited: what is all promises takes twice the time so. An error of that kind fails the file as well. It has
 * to be told of its own tests and suites, by which it knows what a `describe` holds: these are told as they are made.
 */
const { createHook, AsyncResource } = asyncHooks;
const noHook: asyncHooks.AsyncHook = { enable: () => noHook, disable: () => noHook };
let told: HookCallbacks = {};
let first: object | undefined;

class ToldResource extends AsyncResource {
  constructor(type: string, options?: number | AsyncResourceOptions) {
    super(type, options);
    tell(type, this);
  }
}

function tell(type: string, resource: ToldResource): void {
  if (type === 'Test') first ??= resource;
  told.init?.(resource.asyncId(), type, resource.triggerAsyncId(), resource);
}

Object.assign(asyncHooks, {
  createHook: (callbacks: HookCallbacks) => {
    told = callbacks;
    return noHook;
  },
  AsyncResource: ToldResource,
});
await import('node:test');
Object.assign(asyncHooks, { createHook, AsyncResource });

/** The test that all others are in, once there is any. */
export const firstTest = (): object | undefined => first;

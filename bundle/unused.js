/**
 * Stands in the bundles for packages that conf imports and this program never calls: a validator, versions to migrate
 * between, and temporary files to remove when a process ends, which listens to fifteen signals as soon as it is imported
 * and sends each to the process a second time.
 */
export default function unused() {}
export { unused as Ajv2020 };

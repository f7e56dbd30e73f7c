// Trains in a module worker.
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });

const result = new Promise((resolve, reject) => {
  worker.addEventListener('message', ({ data }) => resolve(data));
  worker.addEventListener('error', ({ message }) => reject(new Error(message || 'the worker does not load')));
});
Object.assign(globalThis, { result });

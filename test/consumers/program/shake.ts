export { readSafetensors } from 'inception-webgpu';

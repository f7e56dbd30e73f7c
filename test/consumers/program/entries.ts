// Types only: the other entries are used as their declarations say.
import type { Engine } from 'inception-webgpu';
import { Cropper, inspectPicture, PictureDecoder, type DecodedPicture } from 'inception-webgpu/data';
import { findPictures, loadPicture } from 'inception-webgpu/data/node';
import { diagnose, type Diagnosis } from 'inception-webgpu/doctor';
import { wgsl as esbuildPlugin, type EsbuildPlugin } from 'inception-webgpu/esbuild';
import { openEngine } from 'inception-webgpu/inception-webgpu.min.js';
import { openEngine as openNode, type NodeEngineOptions } from 'inception-webgpu/node';
import { shader } from 'inception-webgpu/shader';
import { wgsl as vitePlugin, type VitePlugin } from 'inception-webgpu/vite';
import { siluOf } from './silu.js';

export const check = async (options: NodeEngineOptions): Promise<readonly Diagnosis[]> => {
  const engines: Engine[] = [await openEngine(), await openNode(options)];
  return Promise.all(engines.map((engine) => diagnose(engine)));
};

export const decode = async (folder: string): Promise<readonly DecodedPicture[]> => {
  const set = await findPictures(folder, { heldOut: 0.2 });
  return Promise.all(set.train.map((index) => loadPicture(set, index, { shorterSide: 64 })));
};

export const crop = async (engine: Engine, file: File) => {
  const header = inspectPicture(new Uint8Array(await file.arrayBuffer()));
  const picture = await new PictureDecoder().decode(file, { shorterSide: 64 });
  return { header, picture, cropper: await Cropper.create(engine, { size: 32 }) };
};

export const plugins: readonly [EsbuildPlugin, VitePlugin] = [esbuildPlugin(), vitePlugin()];
export const own = (text: string) => siluOf(shader(text));

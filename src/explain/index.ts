// Why a network says what it says, in an entry of its own for pages, workers and Node: `inception-webgpu/explain`. Names only.
export { classActivation, type ClassActivationOptions } from './class_activation';
export { grid, type GridOptions } from './grid';
export { heatColour } from './heat';
export { inputGradient, type InputGradientOptions } from './input_gradient';
export { overlay, type OverlayOptions } from './overlay';

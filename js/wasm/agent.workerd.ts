// workerd compiles no bytes at run time: the module is part of the upload.
export { default } from "../agent.wasm";

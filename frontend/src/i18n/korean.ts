// All that the window says in Korean. Loaded when it is spoken.
export { ko } from "./ko";
export { sentences } from "./sentences.ko";

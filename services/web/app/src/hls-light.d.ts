/** hls.js ships the light build without types of its own; its surface is the full one's, less what it leaves out. */
declare module "hls.js/light" {
  export { default } from "hls.js";
}

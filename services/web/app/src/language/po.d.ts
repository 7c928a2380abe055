/** A catalogue, compiled by `tools/texts-plugin`. */
declare module "*.po" {
  export const messages: import("@lingui/core").Messages;
}

/** What of a file is known before it is sent. The server looks at the bytes. */
import { t } from "@lingui/core/macro";

export const ACCEPT = "image/png,image/jpeg,image/gif,image/webp";
/** The server's limit unless it says otherwise. */
const MAX_BYTES = 5 << 20;

export function tooLarge(file: { size: number }): string | null {
  return file.size > MAX_BYTES ? t`The picture is larger than 5 MiB.` : null;
}

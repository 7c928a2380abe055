/** The HTML with which another page shows a channel's player; its title is in the language of who takes it. Pure. */
import { t } from "@lingui/core/macro";

const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);

export function embedCode(origin: string, channel: { username: string; display_name: string }): string {
  const src = `${origin}/embed/${encodeURIComponent(channel.username)}`;
  const name = channel.display_name;
  const title = escaped(t`${name} on Streamly`);
  return `<iframe src="${src}" width="640" height="360" title="${title}" allow="autoplay; fullscreen; picture-in-picture" style="border:0"></iframe>`;
}

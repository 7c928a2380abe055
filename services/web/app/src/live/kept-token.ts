/** The newest playback token of a channel, kept for this tab: whoever reloads the page is not asked for its password again. Never the password. */
import { keep, kept } from "../ui/kept";

const nameOf = (username: string) => `streamly.watch.${username.toLowerCase()}`;

export const keptToken = (username: string) => kept("tab", nameOf(username));

export const keepToken = (username: string, token: string) => keep("tab", nameOf(username), token);

export const forgetToken = (username: string) => keep("tab", nameOf(username), null);

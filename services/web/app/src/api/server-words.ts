/**
 * What the server says of codes that the app has no sentence of its own for, as translators see it. In English the server is quoted, so
 * nothing imports this file, and no byte of it is shipped: other languages find a translation by its id, `server.` and the code, of a form's
 * field with the field's name before it, of a row in a list with the list's. Only codes that always mean the same; where the server tells details, it is quoted.
 */
import { msg } from "@lingui/core/macro";

export const SERVER_WORDS = [
  msg({ id: "server.session_not_found", message: "There is no such session." }),
  msg({ id: "server.mail_not_found", message: "There is no such mail." }),
  msg({ id: "server.user_not_found", message: "There is no such user." }),
  msg({ id: "server.channel_offline", message: "The channel is offline." }),
  msg({
    id: "server.already_live",
    message: "The channel is live. Test mode can be switched on once the broadcast has ended.",
  }),
  msg({ id: "server.no_test", message: "No test is on air." }),
  msg({ id: "server.marker_not_found", message: "There is no such marker." }),
  msg({ id: "server.too_many_markers", message: "The broadcast has as many markers as it may have." }),
  msg({ id: "server.watch_link_not_found", message: "There is no secret link." }),
  msg({ id: "server.key_not_found", message: "There is no such stream key." }),
  msg({ id: "server.too_many_keys", message: "The channel has as many stream keys as it may have." }),
  msg({ id: "server.webhook_not_found", message: "There is no such webhook." }),
  msg({ id: "server.too_many_webhooks", message: "The channel has as many webhooks as it may have." }),
  msg({ id: "server.webhook_off", message: "This webhook is switched off. Switch it on first." }),
  msg({ id: "server.delivery_not_found", message: "There is no such delivery." }),
  // of a webhook's address as it is entered, and of what was sent to it
  msg({
    id: "server.url.unreadable",
    message: "This is no address. Enter one such as https://example.org/hook.",
  }),
  msg({
    id: "server.url.not_https",
    message:
      "The address must begin with https://. An operator can permit http:// (stream.outbound.https_only = false).",
  }),
  msg({ id: "server.url.not_http", message: "The address must begin with https:// or http://." }),
  msg({ id: "server.url.too_long", message: "The address is longer than 2048 bytes. Enter a shorter one." }),
  msg({
    id: "server.url.credentials",
    message: "The address must have no user name or password in it. The signature proves who sends.",
  }),
  msg({
    id: "server.url.port",
    message:
      "This server does not send to that port. Leave it out, or have an operator add it (stream.outbound.ports).",
  }),
  msg({
    id: "server.url.not_public",
    message:
      "The address leads nowhere on the public internet. Enter one that does, or have an operator permit its network (stream.outbound.allow).",
  }),
  msg({
    id: "server.url.unreachable",
    message: "No connection. See that the receiver runs, and that its firewall lets this server in.",
  }),
  msg({
    id: "server.url.insecure",
    message:
      "No secure connection: the certificate is not trusted, or the server speaks no TLS. Use a certificate that browsers trust, or have an operator trust yours (stream.outbound.ca_file).",
  }),
  msg({
    id: "server.url.broken",
    message: "The connection broke before an answer came. Look at the receiver's own log.",
  }),
  msg({
    id: "server.url.late",
    message:
      "No answer in time. Let the receiver answer first and work afterwards, or have an operator wait longer (stream.outbound.timeout).",
  }),
  msg({ id: "server.url.too_large", message: "The message is too large to be sent." }),
  msg({
    id: "server.url.secret",
    message: "The webhook's secret cannot be read any more. Make another one.",
  }),
  msg({
    id: "server.url.redirect",
    message: "A redirect, which is not followed. Enter the address that it leads to.",
  }),
  msg({
    id: "server.url.gone",
    message: "The receiver wants nothing any more, so the webhook was switched off.",
  }),
  msg({
    id: "server.url.no_success",
    message: "This is no answer of success, which has 200 to 299. Look at the receiver's own log.",
  }),
  msg({ id: "server.too_many_members", message: "The channel has as many members as it may have." }),
  msg({ id: "server.too_many_follows", message: "You follow as many channels as you may." }),
  msg({ id: "server.not_following", message: "You do not follow this channel." }),
  msg({ id: "server.browser_not_found", message: "There is no such browser." }),
  msg({ id: "server.push_off", message: "There is no Web Push here." }),
  msg({ id: "server.broadcast_not_found", message: "There is no such broadcast." }),
  msg({ id: "server.category_not_found", message: "There is no such category." }),
  msg({ id: "server.category_taken", message: "There is a category of this name already." }),
  msg({ id: "server.too_many_categories", message: "There are as many categories as there may be." }),
  msg({ id: "server.picture_not_found", message: "There is no such picture." }),
  msg({
    id: "server.too_many_pictures",
    message: "The channel has as many pictures as it may have. Those that are shown nowhere go after a day.",
  }),
  msg({ id: "server.message_not_found", message: "There is no such message." }),
  msg({ id: "server.act_not_found", message: "There is no such act." }),
  msg({ id: "server.not_undoable", message: "This cannot be undone, or not any more." }),
  msg({ id: "server.already_banned", message: "This person is banned already." }),
  msg({ id: "server.hold_not_found", message: "There is no such held message." }),
  msg({ id: "server.report_not_found", message: "There is no such report." }),
  msg({ id: "server.request_not_found", message: "There is no such request." }),
  msg({ id: "server.term_not_found", message: "There is no such blocked term." }),
  msg({ id: "server.already_resolved", message: "This is resolved already." }),
  msg({ id: "server.not_banned", message: "You are not banned here." }),
  msg({ id: "server.too_many_terms", message: "This channel has as many blocked terms as it may have." }),
  msg({ id: "server.too_many_blocks", message: "Your block list is full." }),
  msg({ id: "server.too_many_reports", message: "Wait until some of your reports are answered." }),
  msg({ id: "server.poll_not_found", message: "There is no such poll." }),
  msg({ id: "server.poll_closed", message: "This poll is over." }),
  msg({ id: "server.poll_open", message: "A poll is open already. End it first." }),
  msg({ id: "server.emote_not_found", message: "There is no such emote." }),
  msg({ id: "server.emote_taken", message: "There is an emote of this name already." }),
  msg({ id: "server.too_many_emotes", message: "The channel has as many emotes as it may have." }),
  msg({ id: "server.image_not_found", message: "There is no such image." }),
  msg({ id: "server.images_off", message: "Images may not be shared here." }),
  msg({ id: "server.bot_not_found", message: "There is no such bot." }),
  msg({ id: "server.bot_taken", message: "The channel has a bot of this name already." }),
  msg({ id: "server.too_many_bots", message: "The channel has as many bots as it may have." }),
  msg({ id: "server.embed_sites.required", message: "Name a site." }),
  msg({ id: "server.embed_sites.too_long", message: "At most 20 sites." }),
  msg({
    id: "server.embed_sites.invalid",
    message: "A site such as example.org, *.example.org or https://example.org:8443.",
  }),
  msg({ id: "server.username.too_short", message: "A user name has at least 3 characters." }),
  msg({ id: "server.username.too_long", message: "A user name has at most 25 characters." }),
  msg({ id: "server.username.invalid", message: "A user name has only letters a-z, digits and _." }),
  msg({ id: "server.email.invalid", message: "This is not an e-mail address." }),
  msg({ id: "server.email.too_long", message: "This address is too long." }),
  msg({ id: "server.password.too_short", message: "A password has at least 8 characters." }),
  msg({ id: "server.password.too_long", message: "A password has at most 128 characters." }),
];

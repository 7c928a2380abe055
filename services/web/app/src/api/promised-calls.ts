/**
 * Where each call of this app goes, and that what it gives is what goes with that address and method in the platform's OpenAPI document
 * (`openapi.d.ts`): one that is gone there, or answers something else, does not compile. `calls.test` makes every call once, holds it against
 * this list, and what it asks for and sends against the document. Types only.
 */
import type * as account from "./account";
import type * as admin from "./admin";
import type * as calls from "./calls";
import type * as channels from "./channels";
import type * as chat from "./chat";
import type { OpenStreamKey, OwnStream } from "./contract";
import type * as desk from "./desk";
import type * as follows from "./follows";
import type * as history from "./history";
import type * as notices from "./notices";
import type { paths } from "./openapi";
import type { Named, Promised, Used, Wrong } from "./promises";
import type * as qoe from "./qoe";
import type * as factor from "./second-factor";
import type * as webhooks from "./webhooks";

type Method = "get" | "put" | "post" | "delete" | "patch";
type Call = (...args: never[]) => Promise<unknown>;

/** The addresses that take that method. */
type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, object> ? P : never;
}[keyof paths];

type Bodies<R> = {
  [S in keyof R]: R[S] extends { content: { "application/json": infer B } } ? B : never;
}[keyof R];

/** The answers that have nothing to read. */
type Empty<R> = {
  [S in keyof R]: R[S] extends { content: object } ? never : S;
}[keyof R];

type Answers<M extends Method, P extends PathOf<M>> =
  paths[P] extends Record<M, { responses: infer R }> ? R : never;

/** What comes back when all is well. */
type Said<M extends Method, P extends PathOf<M>> = [Bodies<Answers<M, P>>] extends [never]
  ? "no JSON"
  : Bodies<Answers<M, P>>;

/** What is read of an answer; never: nothing. */
type Given<F extends Call> = Exclude<Awaited<ReturnType<F>>, void>;

/** Where there may be an answer without anything, the call says so. */
type Unsaid<F extends Call, M extends Method, P extends PathOf<M>> = [Empty<Answers<M, P>>] extends [never]
  ? never
  : undefined extends Awaited<ReturnType<F>>
    ? never
    : "may be empty";

/** Lists that come whole, which nothing asks for by pages, have no next page. */
type Whole<M extends Method, P extends PathOf<M>, Read> = Read extends { items: unknown }
  ? "cursor" extends Asked<paths[P], M>
    ? Read
    : Omit<Read, "next_cursor">
  : Read;

/** Names of a query's parameters. */
type Asked<At, M extends Method> =
  At extends Record<M, { parameters: { query?: infer Q } }>
    ? [NonNullable<Q>] extends [never]
      ? never
      : keyof NonNullable<Q>
    : never;

/** The places that differ; never: none, or nothing is read. `Read`: what is compared, where that is not all that is given. */
type Kept<F extends Call, M extends Method, P extends PathOf<M>, Read = Given<F>, Answer = Said<M, P>> = [
  Given<F>,
] extends [never]
  ? never
  : Wrong<Whole<M, P, Read>, Answer> | Unsaid<F, M, P>;

/** With names of all people, as `promises` has it. */
type KeptInRoom<F extends Call, M extends Method, P extends PathOf<M>, Read = Given<F>> = Kept<
  F,
  M,
  P,
  Read,
  Named<Said<M, P>>
>;

/** Of what comes as a file, or is made into something else, only where it comes from. */
type From<F extends Call, M extends Method, P extends PathOf<M>> = Kept<F, M, P, unknown, unknown>;

type OpenKey = Omit<OpenStreamKey, keyof Used>;
/** `promises` has entries, and refusals, of their own. */
type Schedule = Omit<channels.OwnSchedule, "entries"> & { entries: unknown };
type Own = Omit<OwnStream, "refusals"> & { refusals?: unknown };

export type PromisedCalls = [
  Promised<Kept<typeof account.forgotPassword, "post", "/api/auth/password/forgot">>,
  Promised<Kept<typeof account.mailWay, "get", "/api/auth/mail">>,
  Promised<Kept<typeof account.resetPassword, "post", "/api/auth/password/reset">>,
  Promised<Kept<typeof account.followLink, "post", "/api/auth/email/verify">>,
  Promised<Kept<typeof account.sendVerification, "post", "/api/auth/email/verification">>,
  Promised<Kept<typeof account.changeEmail, "post", "/api/auth/me/email">>,
  Promised<Kept<typeof account.changePassword, "put", "/api/auth/me/password">>,
  Promised<Kept<typeof account.proveAgain, "post", "/api/auth/reauth">>,
  Promised<Kept<typeof account.accountSessions, "get", "/api/auth/sessions">>,
  Promised<Kept<typeof account.endSession, "delete", "/api/auth/sessions/{id}">>,
  Promised<Kept<typeof account.endOtherSessions, "delete", "/api/auth/sessions">>,
  Promised<From<typeof account.exportData, "get", "/api/auth/me/export">>,
  Promised<Kept<typeof account.writeLanguage, "patch", "/api/auth/me">>,
  Promised<Kept<typeof account.closeAccount, "delete", "/api/auth/me">>,
  Promised<Kept<typeof account.restoreAccount, "post", "/api/auth/restore">>,
  Promised<Kept<typeof account.awaitsFirstAdmin, "get", "/api/admin/first">>,
  Promised<Kept<typeof account.becomeFirstAdmin, "post", "/api/admin/first">>,
  Promised<Kept<typeof account.mails, "get", "/api/admin/mails">>,
  Promised<Kept<typeof account.mail, "get", "/api/admin/mails/{id}">>,
  Promised<Kept<typeof admin.accounts, "get", "/api/admin/users">>,
  Promised<Kept<typeof admin.suspend, "put", "/api/admin/users/{id}/suspension">>,
  Promised<Kept<typeof admin.unsuspend, "delete", "/api/admin/users/{id}/suspension">>,
  Promised<Kept<typeof admin.resetSecondFactor, "delete", "/api/admin/users/{id}/second-factor">>,
  Promised<Kept<typeof admin.setRole, "put", "/api/admin/users/{id}/role">>,
  Promised<Kept<typeof admin.invitations, "get", "/api/admin/invitations">>,
  Promised<Kept<typeof admin.invite, "post", "/api/admin/invitations">>,
  Promised<Kept<typeof admin.takeBack, "delete", "/api/admin/invitations/{id}">>,
  Promised<Kept<typeof admin.acts, "get", "/api/admin/audit">>,
  Promised<Kept<typeof admin.signingKeys, "get", "/api/admin/signing-keys">>,
  Promised<Kept<typeof admin.browserErrors, "get", "/api/admin/browser-errors">>,
  Promised<Kept<typeof admin.dismissError, "delete", "/api/admin/browser-errors/{id}">>,
  Promised<Kept<typeof admin.limits, "get", "/api/admin/limits/user">>,
  Promised<Kept<typeof admin.limits, "get", "/api/admin/limits/stream">>,
  Promised<Kept<typeof admin.limits, "get", "/api/admin/limits/chat">>,
  Promised<Kept<typeof admin.limits, "get", "/api/admin/limits/web">>,
  Promised<Kept<typeof admin.ingestLimits, "get", "/api/admin/limits/ingest">>,
  Promised<Kept<typeof admin.nodes, "get", "/api/admin/nodes">>,
  Promised<Kept<typeof admin.onAir, "get", "/api/admin/broadcasts">>,
  Promised<Kept<typeof calls.register, "post", "/api/auth/register">>,
  Promised<Kept<typeof calls.login, "post", "/api/auth/login">>,
  Promised<Kept<typeof calls.refresh, "post", "/api/auth/refresh">>,
  Promised<Kept<typeof calls.logout, "post", "/api/auth/logout">>,
  Promised<Kept<typeof calls.liveStreams, "get", "/api/streams">>,
  Promised<Kept<typeof calls.streamOf, "get", "/api/streams/{username}">>,
  Promised<Kept<typeof calls.ownStream, "get", "/api/streams/me", Own>>,
  Promised<Kept<typeof calls.editOwnStream, "patch", "/api/streams/me">>,
  Promised<Kept<typeof calls.playbackToken, "post", "/api/streams/{username}/playback-token">>,
  Promised<Kept<typeof calls.watchLink, "get", "/api/streams/me/watch-link">>,
  Promised<Kept<typeof calls.makeWatchLink, "post", "/api/streams/me/watch-link">>,
  Promised<Kept<typeof calls.endWatchLink, "delete", "/api/streams/me/watch-link">>,
  Promised<Kept<typeof calls.endBroadcast, "post", "/api/streams/me/end">>,
  Promised<Kept<typeof calls.streamKeys, "get", "/api/streams/keys">>,
  Promised<Kept<typeof calls.createKey, "post", "/api/streams/keys", OpenKey>>,
  Promised<Kept<typeof calls.revealKey, "post", "/api/streams/keys/{id}/reveal", OpenKey>>,
  Promised<Kept<typeof calls.rotateKey, "post", "/api/streams/keys/{id}/rotate", OpenKey>>,
  Promised<Kept<typeof calls.setKeyEnd, "patch", "/api/streams/keys/{id}">>,
  Promised<Kept<typeof calls.deleteKey, "delete", "/api/streams/keys/{id}">>,
  Promised<Kept<typeof channels.channels, "get", "/api/streams">>,
  Promised<Kept<typeof channels.categories, "get", "/api/categories">>,
  Promised<Kept<typeof channels.category, "get", "/api/categories/{slug}">>,
  Promised<Kept<typeof channels.about, "get", "/api/streams/{username}/about">>,
  Promised<Kept<typeof channels.card, "get", "/api/streams/{username}/card">>,
  Promised<Kept<typeof channels.schedule, "get", "/api/streams/{username}/schedule">>,
  Promised<Kept<typeof channels.editChannel, "patch", "/api/streams/me">>,
  Promised<Kept<typeof channels.writeName, "patch", "/api/auth/me">>,
  Promised<Kept<typeof channels.ownSchedule, "get", "/api/streams/me/schedule", Schedule>>,
  Promised<Kept<typeof channels.saveSchedule, "put", "/api/streams/me/schedule", Schedule>>,
  Promised<Kept<typeof channels.putPicture, "put", "/api/streams/me/avatar">>,
  Promised<Kept<typeof channels.putPicture, "put", "/api/streams/me/banner">>,
  Promised<Kept<typeof channels.deletePicture, "delete", "/api/streams/me/avatar">>,
  Promised<Kept<typeof channels.deletePicture, "delete", "/api/streams/me/banner">>,
  Promised<Kept<typeof channels.addPicture, "post", "/api/streams/me/pictures">>,
  Promised<Kept<typeof channels.addCategory, "post", "/api/admin/categories">>,
  Promised<Kept<typeof channels.editCategory, "patch", "/api/admin/categories/{slug}">>,
  Promised<Kept<typeof channels.mergeCategory, "post", "/api/admin/categories/{slug}/merge">>,
  Promised<Kept<typeof channels.deleteCategory, "delete", "/api/admin/categories/{slug}">>,
  Promised<Kept<typeof channels.putCategoryPicture, "put", "/api/admin/categories/{slug}/picture">>,
  Promised<Kept<typeof channels.deleteCategoryPicture, "delete", "/api/admin/categories/{slug}/picture">>,
  Promised<From<typeof channels.isThere, "get", "/api/users/{username}">>,
  Promised<Kept<typeof chat.settings, "get", "/api/chat/rooms/{room}/settings">>,
  Promised<Kept<typeof chat.changeSettings, "patch", "/api/chat/rooms/{room}/settings">>,
  Promised<Kept<typeof chat.deleteMessage, "delete", "/api/chat/rooms/{room}/messages/{id}">>,
  Promised<Kept<typeof chat.clearMessagesOf, "delete", "/api/chat/rooms/{room}/messages">>,
  Promised<KeptInRoom<typeof chat.bans, "get", "/api/chat/rooms/{room}/bans">>,
  Promised<Kept<typeof chat.ban, "put", "/api/chat/rooms/{room}/bans/{user}">>,
  Promised<Kept<typeof chat.unban, "delete", "/api/chat/rooms/{room}/bans/{user}">>,
  Promised<KeptInRoom<typeof chat.audit, "get", "/api/chat/rooms/{room}/audit">>,
  Promised<Kept<typeof chat.undo, "post", "/api/chat/rooms/{room}/audit/{id}/undo">>,
  Promised<KeptInRoom<typeof chat.card, "get", "/api/chat/rooms/{room}/users/{user}">>,
  Promised<Kept<typeof chat.terms, "get", "/api/chat/rooms/{room}/terms">>,
  Promised<Kept<typeof chat.addTerm, "post", "/api/chat/rooms/{room}/terms">>,
  Promised<Kept<typeof chat.deleteTerm, "delete", "/api/chat/rooms/{room}/terms/{id}">>,
  Promised<KeptInRoom<typeof chat.holds, "get", "/api/chat/rooms/{room}/holds">>,
  Promised<KeptInRoom<typeof chat.ownHolds, "get", "/api/chat/rooms/{room}/holds">>,
  Promised<Kept<typeof chat.approve, "post", "/api/chat/rooms/{room}/holds/{id}/approve">>,
  Promised<Kept<typeof chat.deny, "post", "/api/chat/rooms/{room}/holds/{id}/deny">>,
  Promised<Kept<typeof chat.report, "post", "/api/chat/reports">>,
  Promised<KeptInRoom<typeof chat.reports, "get", "/api/chat/rooms/{room}/reports">>,
  Promised<KeptInRoom<typeof chat.ownReports, "get", "/api/chat/reports">>,
  Promised<KeptInRoom<typeof chat.platformReports, "get", "/api/chat/reports">>,
  Promised<Kept<typeof chat.resolveReport, "post", "/api/chat/reports/{id}/resolve">>,
  Promised<Kept<typeof chat.standing, "get", "/api/chat/rooms/{room}/me">>,
  Promised<Kept<typeof chat.askUnban, "post", "/api/chat/rooms/{room}/unban-requests">>,
  Promised<KeptInRoom<typeof chat.unbanRequests, "get", "/api/chat/rooms/{room}/unban-requests">>,
  Promised<KeptInRoom<typeof chat.ownUnbanRequests, "get", "/api/chat/rooms/{room}/unban-requests">>,
  Promised<
    Kept<typeof chat.resolveUnbanRequest, "post", "/api/chat/rooms/{room}/unban-requests/{id}/resolve">
  >,
  Promised<KeptInRoom<typeof chat.blocks, "get", "/api/chat/blocks">>,
  Promised<Kept<typeof chat.block, "put", "/api/chat/blocks/{user}">>,
  Promised<Kept<typeof chat.unblock, "delete", "/api/chat/blocks/{user}">>,
  Promised<Kept<typeof chat.emotes, "get", "/api/chat/rooms/{room}/emotes">>,
  Promised<Kept<typeof chat.addEmote, "post", "/api/chat/rooms/{room}/emotes">>,
  Promised<Kept<typeof chat.deleteEmote, "delete", "/api/chat/rooms/{room}/emotes/{name}">>,
  Promised<Kept<typeof chat.addImage, "post", "/api/chat/rooms/{room}/images">>,
  Promised<Kept<typeof chat.pin, "put", "/api/chat/rooms/{room}/pin">>,
  Promised<Kept<typeof chat.unpin, "delete", "/api/chat/rooms/{room}/pin">>,
  Promised<Kept<typeof chat.openPoll, "post", "/api/chat/rooms/{room}/polls">>,
  Promised<Kept<typeof chat.closePoll, "post", "/api/chat/rooms/{room}/polls/{id}/close">>,
  Promised<Kept<typeof chat.bots, "get", "/api/chat/rooms/{room}/bots">>,
  Promised<Kept<typeof chat.createBot, "post", "/api/chat/rooms/{room}/bots">>,
  Promised<Kept<typeof chat.revokeBot, "delete", "/api/chat/rooms/{room}/bots/{id}">>,
  Promised<Kept<typeof chat.members, "get", "/api/streams/me/members">>,
  Promised<Kept<typeof chat.setMember, "put", "/api/streams/me/members/{username}">>,
  Promised<Kept<typeof chat.removeMember, "delete", "/api/streams/me/members/{username}">>,
  Promised<Kept<typeof chat.chooseColour, "put", "/api/chat/me">>,
  Promised<Kept<typeof desk.setTestMode, "patch", "/api/streams/me">>,
  Promised<Kept<typeof desk.goLive, "post", "/api/streams/me/go-live">>,
  Promised<Kept<typeof desk.markers, "get", "/api/streams/{username}/markers", { items: desk.Marker[] }>>,
  Promised<Kept<typeof desk.setMarker, "post", "/api/streams/{username}/markers">>,
  Promised<Kept<typeof desk.renameMarker, "patch", "/api/streams/{username}/markers/{id}">>,
  Promised<Kept<typeof desk.deleteMarker, "delete", "/api/streams/{username}/markers/{id}">>,
  Promised<Kept<typeof follows.following, "get", "/api/streams/{username}/follow">>,
  Promised<Kept<typeof follows.follow, "put", "/api/streams/{username}/follow">>,
  Promised<Kept<typeof follows.unfollow, "delete", "/api/streams/{username}/follow">>,
  Promised<Kept<typeof history.ownBroadcasts, "get", "/api/streams/me/broadcasts">>,
  Promised<Kept<typeof history.ownBroadcast, "get", "/api/streams/me/broadcasts/{id}">>,
  Promised<From<typeof history.courseTable, "get", "/api/streams/me/broadcasts/{id}/minutes.csv">>,
  Promised<Kept<typeof history.pastBroadcasts, "get", "/api/streams/{username}/broadcasts">>,
  Promised<Kept<typeof history.showBroadcasts, "patch", "/api/streams/me">>,
  Promised<Kept<typeof notices.notices, "get", "/api/streams/me/notices">>,
  Promised<Kept<typeof notices.seeNotices, "post", "/api/streams/me/notices/seen">>,
  Promised<Kept<typeof notices.noticeSettings, "get", "/api/streams/me/notices/settings">>,
  Promised<Kept<typeof notices.changeNotices, "patch", "/api/streams/me/notices/settings">>,
  Promised<Kept<typeof notices.pushBrowsers, "get", "/api/streams/me/notices/browsers">>,
  Promised<Kept<typeof notices.addBrowser, "post", "/api/streams/me/notices/browsers">>,
  Promised<Kept<typeof notices.removeBrowser, "delete", "/api/streams/me/notices/browsers/{id}">>,
  Promised<Kept<typeof notices.testBrowsers, "post", "/api/streams/me/notices/browsers/test">>,
  Promised<Kept<typeof notices.followed, "get", "/api/streams/me/following">>,
  Promised<Kept<typeof notices.setBell, "patch", "/api/streams/me/following/{username}">>,
  Promised<Kept<typeof qoe.ownQoe, "get", "/api/streams/me/qoe">>,
  Promised<Kept<typeof factor.secondStep, "post", "/api/auth/mfa">>,
  Promised<Kept<typeof factor.passkeyChallenge, "post", "/api/auth/passkeys/challenge">>,
  Promised<Kept<typeof factor.passkeySignIn, "post", "/api/auth/passkeys/sign-in">>,
  Promised<Kept<typeof factor.secondFactor, "get", "/api/auth/second-factor">>,
  Promised<Kept<typeof factor.beginApp, "post", "/api/auth/totp">>,
  Promised<Kept<typeof factor.confirmApp, "post", "/api/auth/totp/confirm">>,
  Promised<Kept<typeof factor.removeApp, "delete", "/api/auth/totp">>,
  Promised<Kept<typeof factor.newRecoveryCodes, "post", "/api/auth/recovery-codes">>,
  Promised<Kept<typeof factor.passkeys, "get", "/api/auth/passkeys">>,
  Promised<Kept<typeof factor.passkeyOptions, "post", "/api/auth/passkeys/options">>,
  Promised<Kept<typeof factor.addPasskey, "post", "/api/auth/passkeys">>,
  Promised<Kept<typeof factor.renamePasskey, "patch", "/api/auth/passkeys/{id}">>,
  Promised<Kept<typeof factor.removePasskey, "delete", "/api/auth/passkeys/{id}">>,
  Promised<Kept<typeof webhooks.webhooks, "get", "/api/streams/me/webhooks">>,
  Promised<Kept<typeof webhooks.createWebhook, "post", "/api/streams/me/webhooks">>,
  Promised<Kept<typeof webhooks.editWebhook, "patch", "/api/streams/me/webhooks/{id}">>,
  Promised<Kept<typeof webhooks.deleteWebhook, "delete", "/api/streams/me/webhooks/{id}">>,
  Promised<Kept<typeof webhooks.rotateWebhook, "post", "/api/streams/me/webhooks/{id}/rotate">>,
  Promised<Kept<typeof webhooks.testWebhook, "post", "/api/streams/me/webhooks/{id}/test">>,
  Promised<Kept<typeof webhooks.deliveries, "get", "/api/streams/me/webhooks/{id}/deliveries">>,
  Promised<
    Kept<typeof webhooks.redeliver, "post", "/api/streams/me/webhooks/{id}/deliveries/{delivery}/redeliver">
  >,
];

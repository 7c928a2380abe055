/**
 * What this app reads of the platform's answers, against the shapes of its OpenAPI document (`openapi.d.ts`): a field that no answer has,
 * one of another kind, and one that may be missing or null where nothing takes that, do not compile. `promised-calls` says which call gives
 * which. Types only.
 */
import type * as frames from "../chat/frames";
import type * as account from "./account";
import type * as admin from "./admin";
import type * as channels from "./channels";
import type * as chat from "./chat";
import type * as contract from "./contract";
import type * as desk from "./desk";
import type * as history from "./history";
import type * as notices from "./notices";
import type { components } from "./openapi";
import type * as qoe from "./qoe";
import type * as factor from "./second-factor";
import type * as webhooks from "./webhooks";

type Shapes = components["schemas"];

type MayMiss<T> = undefined extends T ? true : null extends T ? true : false;

/** The places that differ, as texts; never: all that is read is promised, and nothing is promised that would be read as something else. */
export type Wrong<Read, Said> = unknown extends Read
  ? never
  : unknown extends Said
    ? "anything"
    : [Said] extends [never]
      ? "never there"
      : Unpromised<Read, Said> | Unread<Read, Said>;

/** What is read and not said. Of what may be one or the other each is held against its like. */
type Unpromised<Read, Said> = Read extends List
  ? [Extract<Said, List>] extends [never]
    ? "no list"
    : Wrong<Read[number], Extract<Said, List>[number]>
  : Read extends object
    ? [Extract<Said, object>] extends [never]
      ? "no object"
      : WrongFields<Fetched<Read>, Extract<Said, object>>
    : [Extract<Read, Said> | Extract<Said, Read>] extends [never]
      ? "another kind"
      : never;

/** What is said and not read: whole kinds, and names where the document has each. */
type Unread<Read, Said> = Said extends List
  ? [Extract<Read, List>] extends [never]
    ? "may be a list"
    : never
  : Said extends object
    ? [Exclude<Extract<Read, object>, List>] extends [never]
      ? "may be an object"
      : never
    : Said extends Read
      ? never
      : [Extract<Read, Said>] extends [never]
        ? `may be ${Said extends string ? Said : "another kind"}`
        : never;

type List = readonly unknown[];

type WrongFields<Read, Said> = Said extends object
  ? {
      [K in keyof Read & string]-?: K extends keyof Said ? WrongField<K, Read[K], Said[K]> : `${K}: unknown`;
    }[keyof Read & string]
  : never;

type WrongField<K extends string, Read, Said> = unknown extends Read
  ? never
  : unknown extends Said
    ? `${K}: anything`
    : WrongKnown<K, Read, Said>;

type WrongKnown<K extends string, Read, Said> =
  | (MayMiss<Said> extends true ? (MayMiss<Read> extends true ? never : `${K}: may be missing`) : never)
  | (Wrong<NonNullable<Read>, NonNullable<Said>> extends infer W extends string ? `${K}: ${W}` : never);

/** What events put into the renditions of what is on air, for a channel's owner; no answer has it there. */
type Told = Pick<contract.Rendition, "encoder" | "lag_ms" | "shed">;

type Fetched<T> = T extends contract.Live
  ? Omit<T, "renditions"> & { renditions: Omit<contract.Rendition, keyof Told>[] }
  : T;

export type Promised<W extends never> = W;

/** With names of all people: of somebody whose account is gone only the id is known, and pages show no name then. */
export type Named<T> = T extends readonly (infer U)[]
  ? Named<U>[]
  : T extends object
    ? { [K in keyof T]: Named<T[K]> } & (T extends Nameless ? NameOf<T> : unknown)
    : T;

type Nameless = { id: string; username?: string; display_name?: string };
/** What has such a field, and no other: one that is gone from the document is missed here too. */
type NameOf<T> = Required<Pick<T, Extract<keyof T, "username" | "display_name">>>;

/** A key's use, which is listed only. */
export type Used = Pick<contract.StreamKey, "encoder" | "remote_addr" | "last_used_at" | "overlap_until">;

// Of an entry of a schedule what may be left out when it is sent is there when it comes back.
export type Promises = [
  Promised<Wrong<contract.Stream, Shapes["Stream"]>>,
  Promised<Wrong<contract.Live, Shapes["Live"]>>,
  Promised<Wrong<Told, Shapes["Made"]>>,
  Promised<Wrong<contract.Granted, Shapes["Granted"]>>,
  Promised<Wrong<desk.Marker, Shapes["Marker"]>>,
  Promised<Wrong<contract.WatchLink, Shapes["WatchLink"]>>,
  Promised<Wrong<Omit<contract.Refusal, "channel_id">, Shapes["Refusal"]>>,
  Promised<Wrong<contract.StreamKey, Shapes["ListedKey"]>>,
  Promised<Wrong<Omit<contract.OpenStreamKey, keyof Used>, Shapes["ShownKey"]>>,
  Promised<Wrong<contract.User, Shapes["Owner"]>>,
  Promised<Wrong<contract.SignedIn, Shapes["SignedIn"]>>,
  Promised<Wrong<contract.Health, Shapes["Health"]>>,
  Promised<Wrong<contract.Notice, Shapes["Notice"]>>,
  Promised<Wrong<account.AccountSession, Shapes["Session"]>>,
  Promised<Wrong<account.Mail, Shapes["MailItem"]>>,
  Promised<Wrong<admin.StaffAccount, Shapes["StaffAccount"]>>,
  Promised<Wrong<admin.Invitation, Shapes["InvitationItem"]>>,
  Promised<Wrong<admin.Act, Shapes["AuditItem"]>>,
  Promised<Wrong<admin.SigningKey, Shapes["SigningKeyItem"]>>,
  Promised<Wrong<admin.MediaNode, Shapes["NodeItem"]>>,
  Promised<Wrong<admin.OnAir, Shapes["OnAirItem"]>>,
  Promised<Wrong<admin.BrowserError, Shapes["BrowserErrorItem"]>>,
  Promised<Wrong<channels.Category, Shapes["ShownCategory"]>>,
  Promised<Wrong<channels.About, Shapes["About"]>>,
  Promised<Wrong<channels.Occurrence, Shapes["Occurrence"]>>,
  Promised<Wrong<channels.Upcoming, Shapes["Upcoming"]>>,
  Promised<Wrong<channels.Entry, Required<Shapes["Entry"]>>>,
  Promised<Wrong<Omit<channels.OwnSchedule, "entries">, Shapes["OwnSchedule"]>>,
  Promised<Wrong<channels.Uploaded, Shapes["Uploaded"]>>,
  Promised<Wrong<channels.Card, Shapes["Card"]>>,
  Promised<Wrong<history.PastBroadcast, Shapes["PastBroadcast"]>>,
  Promised<Wrong<history.OwnBroadcast, Shapes["OwnPastBroadcast"]>>,
  Promised<Wrong<history.CoursePoint, Shapes["Point"]>>,
  Promised<Wrong<history.Course, Shapes["Course"]>>,
  Promised<Wrong<qoe.Qoe, Shapes["Qoe"]>>,
  Promised<Wrong<notices.NoticeList, Shapes["NoticeList"]>>,
  Promised<Wrong<notices.NoticeSettings, Shapes["NoticeSettings"]>>,
  Promised<Wrong<notices.PushBrowser, Shapes["SubscribedBrowser"]>>,
  Promised<Wrong<notices.PushBrowsers, Shapes["BrowserList"]>>,
  Promised<Wrong<notices.Tested, Shapes["TestedBrowsers"]>>,
  Promised<Wrong<notices.Followed, Shapes["FollowedStream"]>>,
  Promised<Wrong<factor.SecondFactor, Shapes["SecondFactor"]>>,
  Promised<Wrong<factor.NewApp, Shapes["Totp"]>>,
  Promised<Wrong<factor.Passkey, Shapes["Passkey"]>>,
  Promised<Wrong<factor.RecoveryCodes, Shapes["RecoveryCodes"]>>,
  Promised<Wrong<webhooks.Webhook, Shapes["Listed"]>>,
  Promised<Wrong<webhooks.OpenWebhook, Shapes["OpenWebhook"]>>,
  Promised<Wrong<webhooks.Attempt, Shapes["Tried"]>>,
  Promised<Wrong<webhooks.Delivery, Shapes["Delivery"]>>,
  Promised<Wrong<chat.Settings, Shapes["RoomSettings"]>>,
  Promised<Wrong<chat.Standing, Shapes["RoomStanding"]>>,
  Promised<Wrong<chat.EmoteSet, Shapes["Emotes"]>>,
  Promised<Wrong<chat.Act, Named<Shapes["ChatAct"]>>>,
  Promised<Wrong<chat.Ban, Named<Shapes["ChatBan"]>>>,
  Promised<Wrong<chat.Card, Named<Shapes["ChatCard"]>>>,
  Promised<Wrong<chat.Term, Shapes["KeptTerm"]>>,
  Promised<Wrong<chat.Report, Named<Shapes["ChatReport"]>>>,
  Promised<Wrong<chat.UnbanRequest, Named<Shapes["UnbanRequest"]>>>,
  Promised<Wrong<chat.Blocked, Named<Shapes["Blocked"]>>>,
  Promised<Wrong<chat.Bot, Shapes["ChatBot"]>>,
  Promised<Wrong<frames.MessageFrame, Named<Shapes["ChatMessage"]>>>,
  Promised<Wrong<frames.HeldFrame, Named<Shapes["HeldMessage"]>>>,
  Promised<Wrong<frames.Poll, Shapes["ChatPoll"]>>,
  Promised<Wrong<frames.ChatImage, Shapes["Image"]>>,
];

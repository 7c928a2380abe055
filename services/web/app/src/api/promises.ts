/**
 * What this app reads of the platform's answers, against the shapes of its OpenAPI document (`openapi.d.ts`): a field that no answer has,
 * one of another kind, and one that may be missing or null where nothing takes that, do not compile. Types only.
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

/** The places that differ, as texts; never: all that is read is promised. */
type Wrong<Read, Said> = Read extends readonly (infer R)[]
  ? Said extends readonly (infer S)[]
    ? Wrong<R, S>
    : "no list"
  : Read extends object
    ? Said extends object
      ? {
          [K in keyof Read & string]-?: K extends keyof Said
            ? WrongField<K, Read[K], Said[K]>
            : `${K}: unknown`;
        }[keyof Read & string]
      : "no object"
    : [Read] extends [Said]
      ? never
      : [Said] extends [Read]
        ? never
        : "another kind";

type WrongField<K extends string, Read, Said> =
  | (MayMiss<Said> extends true ? (MayMiss<Read> extends true ? never : `${K}: may be missing`) : never)
  | (Wrong<NonNullable<Read>, NonNullable<Said>> extends infer W extends string ? `${K}: ${W}` : never);

type Promised<W extends never> = W;

/** With names of all people: of somebody whose account is gone only the id is known, and pages show no name then. */
type Named<T> = T extends readonly (infer U)[]
  ? Named<U>[]
  : T extends object
    ? { [K in keyof T]: Named<T[K]> } & (T extends { id: string; username?: string; display_name?: string }
        ? { username: string; display_name: string }
        : unknown)
    : T;

/** A key's use, which is listed only. */
type Used = Pick<contract.StreamKey, "encoder" | "remote_addr" | "last_used_at" | "overlap_until">;

// Whom or what an act was done to is either; what settings were, anything. Of an entry of a schedule what may be left out when it is sent is there when it comes back.
export type Promises = [
  Promised<Wrong<contract.Stream, Shapes["Stream"]>>,
  Promised<Wrong<contract.Live, Shapes["Live"]>>,
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
  Promised<Wrong<Omit<chat.Act, "target" | "changes">, Named<Shapes["ChatAct"]>>>,
  Promised<Wrong<chat.Ban, Named<Shapes["ChatBan"]>>>,
  Promised<Wrong<Omit<chat.Card, "acts">, Named<Shapes["ChatCard"]>>>,
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

/**
 * Who is signed in, in this tab. The access token lives in memory only; the refresh token is a cookie that no script can
 * read. Tabs take turns at what changes that cookie (Web Locks): renewals, sign-ins, sign-outs; and tell each other of the last two.
 *
 * A renewal that fails because the server is away keeps the session; only the server's refusal ends it. One that is under way when its
 * session ends changes nothing any more, whatever comes of it.
 */
import { proveAgain } from "../api/account";
import { login, logout, type Registration, refresh, register } from "../api/calls";
import { takeTokensFrom } from "../api/client";
import type { SignedIn, User } from "../api/contract";
import { Problem } from "../api/problem";
import { type Again, type Proof, passkeySignIn, secondStep } from "../api/second-factor";
import { atMost, LONGEST_MS, SIGN_OUT_MS } from "../api/time-limit";
import { backoff } from "../live/backoff";
import { forgetSign, signedInHere } from "./sign";

export type Session =
  | { status: "unknown"; user: null }
  | { status: "out"; user: null; why?: Ended }
  | { status: "in"; user: User };

/**
 * Why a session ended that its owner did not end here; `over`: it was ended elsewhere, or this browser does not keep it. They ended it
 * themselves where it is `tab`: in another tab, and `untold`: the server does not know yet.
 */
export type Ended = "suspended" | "closed" | "over" | "tab" | "untold";

/** The token is renewed this long before it ends, so that no call meets a dead one. */
const RENEW_EARLY_MS = 60_000;
/** What was due while somebody signs in is looked at again after this, ms. */
const SIGNING_IN_MS = 1_000;

type Listener = () => void;

class SessionStore {
  private session: Session = { status: "unknown", user: null };
  private accessToken: string | null = null;
  private listeners = new Set<Listener>();
  private renewing: Promise<string | null> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  /** The server is being told that somebody leaves; who comes waits for it, for the answer takes the cookie away. */
  private leaving: Promise<boolean> | null = null;
  /** The server is to be told of a sign-out; not once somebody signed in, whose cookie it would be. */
  private owed = false;
  /** Sign-ins under way. */
  private entering = 0;
  /** Another one since a session began or ended here: a renewal of an earlier one is nobody's any more. */
  private epoch = 0;
  private tabs = channelOfTabs();

  constructor() {
    takeTokensFrom({ token: this.token, renew: () => this.renew() });
    this.tabs?.addEventListener("message", (event: MessageEvent<string>) => {
      if (event.data === "out") {
        if (this.session.status === "out") this.turn();
        else this.drop("tab");
      }
      if (event.data === "in" && this.session.status !== "in") {
        this.turn();
        this.owed = false;
        if (this.isUntold()) this.set({ status: "out", user: null });
        void this.pickUp();
      }
    });
  }

  get = (): Session => this.session;
  token = (): string | null => this.accessToken;

  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Picks up the session of an earlier visit. Where there is none, nothing is asked. */
  start(): void {
    if (signedInHere()) void this.pickUp();
    else this.set({ status: "out", user: null });
  }

  async signIn(name: string, password: string): Promise<void> {
    await this.enter(() => login({ login: name, password }));
  }

  /** False: there is no session yet; the link of a mail has to be followed first. */
  async signUp(registration: Registration): Promise<boolean> {
    return Boolean(await this.enter(() => register(registration)));
  }

  /** The second step of a sign-in, after a password. */
  async finishSignIn(token: string, proof: Proof): Promise<void> {
    await this.enter(() => secondStep(token, proof));
  }

  /** Signs in by a passkey's answer alone. */
  async signInByPasskey(credential: unknown): Promise<void> {
    await this.enter(() => passkeySignIn(credential));
  }

  /** A sign-in of any kind: neither a sign-out nor a renewal, here or in another tab, comes between its question and its answer. */
  private async enter(ask: () => Promise<SignedIn | undefined>): Promise<SignedIn | undefined> {
    this.entering++;
    try {
      await this.leaving;
      return await inTurn(async () => {
        const signedIn = await ask();
        if (signedIn) {
          this.turn();
          this.owed = false;
          this.take(signedIn);
          this.tabs?.postMessage("in");
        }
        return signedIn;
      });
    } finally {
      this.entering--;
    }
  }

  /** Proves again who one is: what needs a recent sign-in can be done then. */
  async prove(again: Again): Promise<void> {
    this.take(await proveAgain(again));
  }

  /** Goes on with a token that an answer brought. */
  adopt(signedIn: SignedIn): void {
    this.take(signedIn);
  }

  /** What the server says of the account now; of another one it says nothing here. */
  know(user: User): void {
    if (this.session.user?.id === user.id) this.set({ status: "in", user });
  }

  /**
   * Ends the session. This browser forgets it whatever the server says, and soon: who signs out may be about to leave a machine that is not
   * theirs. What the server could not be told it is told again until it was, while the page is open and nobody signs in.
   */
  async signOut(): Promise<void> {
    this.turn();
    this.owed = true;
    const told = await atMost(SIGN_OUT_MS, this.tellServer());
    this.drop(told ? undefined : "untold");
    this.tabs?.postMessage("out");
    if (!told) this.tellLater();
  }

  /** Tells the server once more, now. False: in vain. */
  async tellAgain(): Promise<boolean> {
    if (this.entering > 0) return false;
    const told = await this.tellServer();
    if (!this.isUntold()) return true;
    if (told) this.set({ status: "out", user: null });
    else this.tellLater();
    return told;
  }

  private tellLater(): void {
    const again = () => {
      if (this.isUntold()) void this.tellAgain();
    };
    this.schedule(backoff(this.failures++, 2_000, 30_000), again);
  }

  /** Several who ask share one call, which waits until a renewal or a sign-in under way is over. */
  private tellServer(): Promise<boolean> {
    this.leaving ??= inTurn(async () => {
      if (this.owed) await logout();
      this.owed = false;
    })
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.leaving = null;
      });
    return this.leaving;
  }

  private isUntold = () => this.session.status === "out" && this.session.why === "untold";

  /** The account may do nothing any more, so this session is over. */
  end(why: Ended): void {
    if (this.session.status === "in") this.drop(why);
  }

  /** Renews the token; several callers share one request, and tabs take turns. Null where nobody is signed in, or is leaving. */
  renew(): Promise<string | null> {
    return this.leaving || this.session.status === "out" ? Promise.resolve(null) : this.pickUp();
  }

  /** The same also where nobody is signed in here: the cookie may be somebody's. */
  private pickUp(): Promise<string | null> {
    if (this.renewing) return this.renewing;
    const { epoch } = this;
    const renewing = inTurn(() => this.renewOnce(epoch)).finally(() => {
      if (this.renewing === renewing) this.renewing = null;
    });
    this.renewing = renewing;
    return renewing;
  }

  private async renewOnce(epoch: number): Promise<string | null> {
    const past = () => epoch !== this.epoch;
    if (past()) return null;
    try {
      const signedIn = await refresh();
      if (past()) return null;
      this.take(signedIn);
      return this.accessToken;
    } catch (error) {
      if (past()) return null;
      if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429) {
        this.drop(this.session.status === "out" ? this.session.why : this.session.user ? "over" : undefined);
        return null;
      }
      if (this.session.status === "unknown") this.set({ status: "out", user: null });
      this.schedule(backoff(this.failures++, 2_000, 30_000), () => past() || this.pickUp());
      return null;
    }
  }

  /** What is under way of the session before is nobody's from here on. */
  private turn(): void {
    this.epoch++;
    this.renewing = null;
  }

  private take(signedIn: SignedIn): void {
    this.accessToken = signedIn.access_token;
    this.failures = 0;
    this.set({ status: "in", user: signedIn.user });
    const due = Math.max(5_000, signedIn.expires_in * 1000 - RENEW_EARLY_MS);
    this.schedule(Math.min(LONGEST_MS, due), () => this.renew());
  }

  private drop(why?: Ended): void {
    this.turn();
    clearTimeout(this.timer);
    this.accessToken = null;
    forgetSign();
    this.set({ status: "out", user: null, ...(why ? { why } : {}) });
  }

  private schedule(ms: number, run: () => unknown): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.entering > 0 ? this.schedule(SIGNING_IN_MS, run) : run()), ms);
  }

  private set(session: Session): void {
    this.session = session;
    for (const listener of [...this.listeners]) listener();
  }
}

/** One tab at a time where the browser has Web Locks and does not refuse them, as with cookies; elsewhere the server's grace for late twins suffices. */
async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  if (typeof navigator === "undefined" || !navigator.locks) return run();
  let began = false;
  const begin = () => {
    began = true;
    return run();
  };
  try {
    return await (navigator.locks.request("streamly-refresh", begin) as Promise<T>);
  } catch (error) {
    if (began) throw error;
    return run();
  }
}

export const session = new SessionStore();

/** None in another site's frame where the browser refuses storage: nobody is signed in there. */
function channelOfTabs(): BroadcastChannel | null {
  try {
    return typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("streamly-session");
  } catch {
    return null;
  }
}

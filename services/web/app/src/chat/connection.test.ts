/** The chat connection against a real WebSocket server that cuts, refuses and stays silent. */
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket as NodeSocket, type WebSocket as ServerSocket, WebSocketServer } from "ws";
import { ChatConnection, type ChatOptions, type ChatSnapshot } from "./connection";

const open: Array<() => void> = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

interface Frame {
  type: string;
  [key: string]: unknown;
}
type Handler = (frame: Frame, send: (frame: Frame) => void, socket: ServerSocket, n: number) => void;

const USER = { id: "u1", username: "maya", display_name: "Maya" };
const welcome = (user: typeof USER | null = USER): Frame => ({
  type: "welcome",
  v: 1,
  user,
  heartbeat_ms: 20_000,
});
const joinedFrame = (events: Frame[] = []): Frame => ({
  type: "joined",
  room: "c1",
  name: "maya",
  events,
  complete: true,
});
const id = (n: number) => n.toString(16).padStart(18, "0");
const message = (n: number, text: string, nonce?: unknown): Frame => ({
  type: "message",
  room: "c1",
  id: id(n),
  user: USER,
  text,
  at: "",
  ...(nonce ? { nonce } : {}),
});

/** Answers hello and join, and leaves the rest to `handler`. */
async function serve(handler: Handler, greet = true) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise<void>((resolve) => server.once("listening", () => resolve()));
  open.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const seen: Frame[] = [];
  let n = 0;
  server.on("connection", (socket) => {
    const mine = n++;
    const send = (frame: Frame) => socket.send(JSON.stringify(frame));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      seen.push(frame);
      if (greet && frame.type === "hello") send(welcome());
      else if (greet && frame.type === "join") send(joinedFrame());
      handler(frame, send, socket, mine);
    });
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function connect(url: string, over: Partial<ChatOptions> = {}) {
  const chat = new ChatConnection({
    room: "c1",
    url,
    token: () => "token",
    renew: async () => "token",
    wait: () => 5,
    // Node 20 has no WebSocket of its own.
    socket: (address) => new NodeSocket(address) as unknown as WebSocket,
    ...over,
  });
  open.push(() => chat.close());
  const until = (check: (snapshot: ChatSnapshot) => boolean) =>
    new Promise<ChatSnapshot>((resolve) => {
      const look = () => {
        if (!check(chat.snapshot())) return;
        off();
        resolve(chat.snapshot());
      };
      const off = chat.subscribe(look);
      look();
    });
  return { chat, until };
}

describe("chat connection", () => {
  it("says hello first, joins, and shows what was said before", async () => {
    const { url, seen } = await serve((frame, send) => {
      if (frame.type === "hello") send(welcome());
      if (frame.type === "join") send(joinedFrame([message(1, "earlier")]));
    }, false);
    const { until } = connect(url);
    const snapshot = await until((s) => s.status === "open");
    expect(seen.map((f) => f.type)).toEqual(["hello", "join"]);
    expect(seen[0]).toMatchObject({ v: 1, token: "token" });
    expect(snapshot.log.lines).toMatchObject([{ text: "earlier" }]);
  });

  it("shows an own message at once and confirms it by its nonce", async () => {
    const { url } = await serve((frame, send) => {
      if (frame.type === "say") send(message(2, String(frame.text), frame.nonce));
    });
    const { chat, until } = connect(url);
    await until((s) => s.status === "open");
    chat.say("hi");
    expect(chat.snapshot().log.pending[0]).toMatchObject({ text: "hi", state: "sending" });
    const snapshot = await until((s) => s.log.lines.length === 1);
    expect(snapshot.log.pending).toEqual([]);
  });

  it("resumes by since after a cut and says the unconfirmed once more with the same nonce", async () => {
    const nonces: unknown[] = [];
    const { url, seen } = await serve((frame, send, socket, n) => {
      if (frame.type === "join" && n === 0) send(message(5, "before"));
      if (frame.type !== "say") return;
      nonces.push(frame.nonce);
      if (n === 0) socket.terminate();
      else send(message(6, String(frame.text), frame.nonce));
    });
    const { chat, until } = connect(url);
    await until((s) => s.log.lines.length === 1);
    chat.say("twice sent");
    await until((s) => s.log.lines.length === 2);
    expect(nonces).toHaveLength(2);
    expect(nonces[0]).toBe(nonces[1]);
    expect(seen.filter((f) => f.type === "join")[1]).toMatchObject({ since: id(5) });
  });

  it("has no socket while the page rests, and goes on behind the last line when it is shown again", async () => {
    let sockets = 0;
    const closed: number[] = [];
    const { url, seen } = await serve((frame, send, socket, n) => {
      if (frame.type !== "join") return;
      sockets++;
      socket.on("close", (code) => closed.push(code));
      if (n === 0) send(message(5, "before"));
    });
    const { chat, until } = connect(url);
    await until((s) => s.log.lines.length === 1);
    chat.rest();
    chat.tokenChanged();
    expect(chat.snapshot().status).toBe("waiting");
    await expect.poll(() => closed).toEqual([1000]);
    chat.nudge();
    const snapshot = await until((s) => s.status === "open");
    expect(seen.filter((f) => f.type === "join")[1]).toMatchObject({ since: id(5) });
    expect([sockets, snapshot.log.lines.length]).toEqual([2, 1]);
  });

  it("says why a message was refused, and when to try again", async () => {
    const { url } = await serve((frame, send) => {
      if (frame.type === "say")
        send({ type: "error", code: "rate_limited", nonce: frame.nonce, retry_after_ms: 2_500 });
    });
    const { chat, until } = connect(url);
    await until((s) => s.status === "open");
    chat.say("too fast");
    const snapshot = await until((s) => s.log.pending[0]?.state === "failed");
    expect(snapshot.log.pending[0]?.error).toMatch(/3 seconds/);
    expect(snapshot.writeAfter).toBeGreaterThan(Date.now() + 1_000);
    chat.discard(snapshot.log.pending[0]?.nonce ?? "");
    expect(chat.snapshot().log.pending).toEqual([]);
  });

  it("asks for a fresh token when the server refuses the old one", async () => {
    let token = "old";
    const { url, seen } = await serve((frame, send, socket) => {
      if (frame.type === "hello" && frame.token === "old") socket.close(4001);
      else if (frame.type === "hello") send(welcome());
      else if (frame.type === "join") send(joinedFrame());
    }, false);
    const renew = async () => {
      token = "new";
      return token;
    };
    const { until } = connect(url, { token: () => token, renew });
    await until((s) => s.status === "open");
    expect(seen.filter((f) => f.type === "hello").map((f) => f.token)).toEqual(["old", "new"]);
  });

  it("goes on reading without an account after a ban", async () => {
    const { url, seen } = await serve((frame, send, socket) => {
      if (frame.type === "hello" && frame.token) socket.close(4003);
      else if (frame.type === "hello") send(welcome(null));
      else if (frame.type === "join") send(joinedFrame());
    }, false);
    const { until } = connect(url);
    const snapshot = await until((s) => s.status === "open");
    expect(snapshot.banned).toBe(true);
    expect(seen.filter((f) => f.type === "hello")[1]).not.toHaveProperty("token");
  });

  it("reconnects when the server asks for it", async () => {
    const { url, seen } = await serve((frame, send, _socket, n) => {
      if (frame.type === "join" && n === 0) send({ type: "reconnect", after_ms: 5 });
    });
    connect(url);
    await expect.poll(() => seen.filter((f) => f.type === "join").length).toBe(2);
  });

  it("sends a renewed token on the open connection", async () => {
    let token = "one";
    const { url, seen } = await serve(() => {});
    const { chat, until } = connect(url, { token: () => token });
    await until((s) => s.status === "open");
    token = "two";
    chat.tokenChanged();
    await expect.poll(() => seen.at(-1)).toEqual({ type: "auth", token: "two" });
  });

  it("ignores frames that it does not know and text that is none", async () => {
    const { url } = await serve((frame, send, socket) => {
      if (frame.type !== "join") return;
      socket.send("{{{");
      socket.send('"x"');
      send({ type: "confetti" });
      send(message(7, "still here"));
    });
    const { until } = connect(url);
    const { log } = await until((s) => s.log.lines.length === 1);
    expect(log.lines).toMatchObject([{ text: "still here" }]);
  });

  it("shows what comes together at once", async () => {
    const { url } = await serve((frame, send) => {
      if (frame.type === "join") for (let n = 1; n <= 100; n++) send(message(n, `m${n}`));
    });
    const shows: Array<() => void> = [];
    const { chat, until } = connect(url, { frame: (show) => shows.push(show) });
    await until((s) => s.status === "open");
    const sizes = new Set<number>();
    chat.subscribe(() => sizes.add(chat.snapshot().log.lines.length));
    await expect.poll(() => shows.length).toBe(1);
    chat.say("after it");
    await expect.poll(() => sizes.has(0)).toBe(true);
    shows[0]?.();
    expect(chat.snapshot().log.lines.length).toBeGreaterThan(0);
    expect(sizes.size).toBe(2);
  });

  it("after the end of a ban the account is taken up again", async () => {
    let bans = true;
    const { url, seen } = await serve((frame, send) => {
      if (frame.type === "hello") send(welcome(frame.token ? USER : null));
      if (frame.type !== "join") return;
      const anonymous = seen.findLast((f) => f.type === "hello")?.token === undefined;
      if (bans && !anonymous) send({ type: "error", code: "banned", room: "c1" });
      else send(joinedFrame());
    }, false);
    const { chat, until } = connect(url);
    await until((s) => s.banned && s.status === "open");
    bans = false;
    chat.comeBack();
    expect((await until((s) => s.status === "open" && s.user !== null)).banned).toBe(false);
  });

  it("a hold keeps the message waiting; a denial says so, an approval puts the room's copy in its place", async () => {
    const { url } = await serve((frame, send) => {
      if (frame.type !== "say") return;
      send({ type: "held", room: "c1", hold_id: `h-${frame.text}`, nonce: frame.nonce, text: frame.text });
      if (frame.text === "wait") return;
      const outcome = frame.text === "yes" ? "approved" : "denied";
      if (outcome === "approved") send(message(3, "yes"));
      send({ type: "hold_resolved", room: "c1", hold_id: `h-${frame.text}`, outcome });
    });
    const { chat, until } = connect(url);
    await until((s) => s.status === "open");
    for (const text of ["wait", "yes", "no"]) chat.say(text);
    const { log } = await until((s) => s.log.pending.length === 2 && s.log.lines.length === 1);
    expect(log.pending).toMatchObject([
      { text: "wait", state: "held" },
      { text: "no", state: "failed", error: expect.stringMatching(/moderator/) },
    ]);
  });

  it("what waited before the page was loaded waits again: one's own, and for moderators all", async () => {
    const other = { id: "u2", username: "noor", display_name: "Noor" };
    const held = (hold: string, user?: typeof USER) => ({
      type: "held" as const,
      room: "c1",
      hold_id: hold,
      text: hold,
      ...(user ? { user } : {}),
    });
    const { url } = await serve((frame, send) => {
      if (frame.type === "say" && frame.text === "role")
        send({ type: "you", room: "c1", roles: ["moderator"] });
      if (frame.type === "say" && frame.text === "pass") send({ ...message(3, "mine"), nonce: "hold-mine" });
    });
    const asked: boolean[] = [];
    const { chat, until } = connect(url, {
      holds: async (mine) => {
        asked.push(mine);
        return mine ? [held("mine")] : [held("theirs", other)];
      },
    });
    const first = await until((s) => s.log.pending.length === 1);
    expect(first.log.pending[0]).toMatchObject({ text: "mine", state: "held", hold: "mine" });
    expect(asked).toEqual([true]);
    chat.say("role");
    const second = await until((s) => s.room.holds.length === 1);
    expect(second.room.holds[0]).toMatchObject({ text: "theirs" });
    expect(second.log.pending.filter((p) => p.state === "held")).toHaveLength(1);
    chat.say("pass");
    // The word about the new role is a line as well, before or after it.
    const confirmed = (s: ChatSnapshot) => s.log.lines.some((l) => l.kind === "message" && l.text === "mine");
    await until((s) => confirmed(s) && !s.log.pending.some((p) => p.state === "held"));
  });

  it("what is decided while the list of what waits is on its way is not brought back", async () => {
    let answer: () => void = () => {};
    const { url } = await serve((frame, send) => {
      if (frame.type === "say") send({ type: "hold_resolved", room: "c1", hold_id: "a", outcome: "denied" });
      if (frame.type === "say") send({ type: "done", room: "c1", nonce: frame.nonce, text: "ok" });
    });
    const { chat, until } = connect(url, {
      holds: () =>
        new Promise((resolve) => {
          const frame = (hold: string) => ({ type: "held" as const, room: "c1", hold_id: hold, text: hold });
          answer = () => resolve([frame("a"), frame("b")]);
        }),
    });
    await until((s) => s.status === "open");
    chat.say("x");
    await until((s) => s.log.lines.length === 1);
    answer();
    const { log } = await until((s) => s.log.pending.length > 0);
    expect(log.pending.map((p) => p.hold)).toEqual(["b"]);
  });

  it("a new role is told to its person, and its end", async () => {
    const { url } = await serve((frame, send) => {
      if (frame.type === "say")
        send({ type: "you", room: "c1", roles: frame.text === "up" ? ["moderator"] : [] });
    });
    const { chat, until } = connect(url);
    await until((s) => s.status === "open");
    chat.say("up");
    await until((s) => s.log.lines.length === 1);
    chat.say("down");
    const { log } = await until((s) => s.log.lines.length === 2);
    expect(log.lines).toMatchObject([
      { kind: "aside", text: "You are a moderator of this channel now." },
      { kind: "aside", text: "You are not a moderator of this channel any more." },
    ]);
  });

  it("what another act took back is not to be taken back again", async () => {
    const { url } = await serve((frame, send) => {
      if (frame.type !== "say") return;
      const act = { actor: USER, at: new Date(0).toISOString() };
      const acts: Record<string, object> = {
        ban: { id: "1", action: "ban", undoable: true },
        unban: { id: "2", action: "unban", undid: "1" },
        mute: { id: "3", action: "timeout", undoable: true },
      };
      send({ type: "moderation", room: "c1", act: { ...act, ...acts[String(frame.text)] } });
    });
    const { chat, until } = connect(url);
    await until((s) => s.status === "open");
    const acts = (s: ChatSnapshot) => s.log.lines.map((l) => l.kind === "aside" && l.act);
    for (const [n, text] of ["ban", "mute", "unban"].entries()) {
      chat.say(text);
      await until((s) => s.log.lines.length === n + 1);
    }
    expect(acts(chat.snapshot())).toEqual([undefined, "3", undefined]);
    chat.undone("3");
    expect(acts(chat.snapshot())).toEqual([undefined, undefined, undefined]);
  });

  it("an answer to a command stands in the list and its line waits no more", async () => {
    const { url } = await serve((frame, send) => {
      if (frame.type === "say")
        send({ type: "done", room: "c1", nonce: frame.nonce, text: "Slow mode is on." });
    });
    const { chat, until } = connect(url);
    await until((s) => s.status === "open");
    chat.say("/slow 10");
    const { log } = await until((s) => s.log.lines.length === 1);
    expect(log).toMatchObject({ pending: [], lines: [{ kind: "aside", text: "Slow mode is on." }] });
  });

  it("slow mode counts from the own message, except for who is exempt", async () => {
    for (const roles of [[], ["vip"]]) {
      const { url } = await serve((frame, send) => {
        if (frame.type === "hello") send(welcome());
        if (frame.type === "join") send({ ...joinedFrame(), you: { roles }, settings: { slow_s: 30 } });
        if (frame.type === "say") send({ ...message(4, "x", frame.nonce), at: new Date().toISOString() });
      }, false);
      const { chat, until } = connect(url);
      await until((s) => s.status === "open");
      chat.say("x");
      const { writeAfter } = await until((s) => s.log.lines.length === 1);
      if (roles.length > 0) expect(writeAfter).toBe(0);
      else expect(writeAfter).toBeGreaterThan(Date.now() + 25_000);
    }
  });

  it("a time-out is known from its frame and from a refusal, and ends with its frame", async () => {
    const { url } = await serve((frame, send) => {
      if (frame.type !== "say") return;
      if (frame.text === "lift") send({ type: "sanction", room: "c1", kind: "none" });
      else send({ type: "error", code: "timed_out", nonce: frame.nonce, retry_after_ms: 299_000 });
    });
    const { chat, until } = connect(url);
    await until((s) => s.status === "open");
    chat.say("hello");
    const { room, log } = await until((s) => s.room.sanction !== null);
    expect(room.sanction?.kind).toBe("timeout");
    expect(log.pending[0]).toMatchObject({ text: "hello", error: "You cannot write here for 4 min 59 s." });
    chat.say("lift");
    await until((s) => s.room.sanction === null);
  });

  it("a reader further up keeps what is shown while the list goes on", async () => {
    let say: (frame: Frame) => void = () => {};
    const { url } = await serve((frame, send) => {
      say = send;
      if (frame.type === "join") send(message(1, "one"));
    });
    const { chat, until } = connect(url);
    await until((s) => s.log.lines.length === 1);
    chat.pause();
    for (let n = 2; n <= 600; n++) say(message(n, `m${n}`));
    const { log, held } = await until((s) => s.log.came === 600);
    expect(log.lines[0]).not.toMatchObject({ text: "one" });
    expect(held?.lines[0]).toMatchObject({ text: "one" });
    chat.resume();
    expect(chat.snapshot().held).toBeNull();
  });
});

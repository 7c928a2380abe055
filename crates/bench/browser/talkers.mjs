/** People in a chat room who can be made to talk, over sockets of their own. */
import { require } from "./chromium.mjs";

const { WebSocket } = require("ws");
/** A socket gets a fresh token after so long, milliseconds. */
const FRESH = 8 * 60_000;

async function token(url, { name, password }) {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: name, password }),
  });
  if (!answer.ok) throw new Error(`${name} cannot sign in: ${answer.status}`);
  return (await answer.json()).access_token;
}

async function talker(url, room, person, counted) {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
  const tell = (frame) => socket.send(JSON.stringify(frame));
  await new Promise((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  tell({ type: "hello", v: 1, token: await token(url, person) });
  const joined = new Promise((resolve) => {
    socket.on("message", (data) => {
      const frame = JSON.parse(data);
      if (frame.type === "joined") resolve();
      if (frame.type === "error") counted.refused++;
    });
  });
  tell({ type: "join", room, history: 0 });
  await joined;
  const fresh = setInterval(async () => tell({ type: "auth", token: await token(url, person) }), FRESH);
  socket.on("close", () => clearInterval(fresh));
  return { tell, close: () => socket.close() };
}

/**
 * All of them, in turn: `talk(perSecond)` lets them begin, `close()` ends it. `counted` is what became of it: `said` and `refused`.
 */
export async function talkers(url, room, people) {
  const counted = { said: 0, refused: 0 };
  const all = [];
  let talking;
  for (const person of people) all.push(await talker(url, room, person, counted));
  const say = (number) => {
    counted.said++;
    const text = `message ${number}: a line as people write it, and a bit more of it`;
    all[number % all.length].tell({ type: "say", room, nonce: `n${number}`, text });
  };
  return {
    counted,
    /** By the clock, not by the timer's steps: what a busy machine's timer left out is said with the next. */
    talk(perSecond) {
      const began = Date.now();
      let number = 0;
      talking = setInterval(() => {
        while (number < ((Date.now() - began) / 1000) * perSecond) say(number++);
      }, 1000 / perSecond);
    },
    close() {
      clearInterval(talking);
      for (const one of all) one.close();
    },
  };
}
